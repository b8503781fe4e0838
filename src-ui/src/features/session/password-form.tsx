import { type FormEvent, useState } from "react";
import { ApiError } from "@/api/http";
import { signInWithPassword } from "@/api/people";
import { Button } from "@/components/controls";
import { Field, Input } from "@/components/field";
import { SecretInput } from "@/components/secret-input";
import { useEnter, words } from "./enter";

/** With an e-mail address, or the id of a user who has none. */
export const accountOf = (text: string) => (text.includes("@") ? { email: text } : { user_id: text });

export function PasswordForm() {
  const enter = useEnter();
  const [account, setAccount] = useState("");
  const [password, setPassword] = useState("");
  const [problems, setProblems] = useState<{ account?: string; password?: string }>({});
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const who = account.trim();
    const missing = {
      ...(who === "" && { account: "Whose password is it?" }),
      ...(password === "" && { password: "Enter your password." }),
    };
    setProblems(missing);
    if (Object.keys(missing).length > 0) return;
    setBusy(true);
    try {
      const { key } = await signInWithPassword(accountOf(who), password);
      const problem = await enter(key);
      if (problem) setProblems({ password: problem });
    } catch (error) {
      const about = error instanceof ApiError && ["email", "user_id"].includes(error.param ?? "");
      setProblems(about ? { account: words(error) } : { password: words(error) });
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={submit} className="grid gap-4">
      <Field label="E-mail or user id" error={problems.account}>
        {(control) => (
          <Input
            {...control}
            type="text"
            inputMode="email"
            autoComplete="username"
            data-testid="sign-in-account"
            placeholder="you@example.com"
            autoFocus
            value={account}
            onChange={(event) => setAccount(event.target.value)}
          />
        )}
      </Field>
      <Field label="Password" error={problems.password}>
        {(control) => (
          <SecretInput
            {...control}
            autoComplete="current-password"
            data-1p-ignore={undefined}
            data-lpignore={undefined}
            data-testid="sign-in-password"
            className="font-sans"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        )}
      </Field>
      <Button type="submit" variant="primary" busy={busy} data-testid="sign-in-submit">
        Sign in
      </Button>
      <p className="text-faint text-xs">
        No password yet, or forgotten? Whoever administers the gateway makes you a link to set one.
      </p>
    </form>
  );
}
