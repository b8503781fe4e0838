import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import type { UserRow } from "@/api/contract";
import { updateUser } from "@/api/people";
import { useWrite } from "@/api/queries";
import { Button } from "@/components/controls";
import { Field } from "@/components/field";
import { fieldErrors } from "@/components/field-errors";
import { ErrorNotice } from "@/components/notice";
import { SecretInput } from "@/components/secret-input";
import { passwordProblems } from "@/features/session/password";

export function PasswordChange({ user }: { user: UserRow }) {
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [tried, setTried] = useState(false);
  const save = useWrite((next: string) => updateUser({ user_id: user.user_id, password: next }), ["users"]);
  const problems = passwordProblems(password, again);
  const refusal = fieldErrors(save.error, ["password"]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(problems).length > 0) return;
    save.mutate(password, {
      onSuccess: () => {
        setPassword("");
        setAgain("");
        setTried(false);
        toast.success("Your password is changed. You are signed out everywhere else.");
      },
    });
  };
  return (
    <form onSubmit={submit} className="grid max-w-[360px] gap-4">
      <Field label="New password" error={(tried && problems.password) || refusal.at("password")}>
        {(control) => (
          <SecretInput
            {...control}
            autoComplete="new-password"
            className="font-sans"
            data-testid="password-new"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        )}
      </Field>
      <Field label="The same again" error={tried ? problems.again : undefined}>
        {(control) => (
          <SecretInput
            {...control}
            autoComplete="new-password"
            className="font-sans"
            data-testid="password-again"
            value={again}
            onChange={(event) => setAgain(event.target.value)}
          />
        )}
      </Field>
      {refusal.rest ? <ErrorNotice error={refusal.rest} /> : null}
      <div>
        <Button type="submit" busy={save.isPending} data-testid="password-save">
          {user.has_password ? "Change the password" : "Set a password"}
        </Button>
      </div>
    </form>
  );
}
