import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { claimInvitation, getInvited, signInWithPassword } from "@/api/people";
import { Button, Skeleton } from "@/components/controls";
import { Field, Input } from "@/components/field";
import { fieldErrors } from "@/components/field-errors";
import { ErrorNotice } from "@/components/notice";
import { SecretInput } from "@/components/secret-input";
import { useEnter } from "./enter";
import { Frame } from "./frame";
import { passwordProblems, SHORTEST } from "./password";

/** The page of an invitation's link: whoever has it sets their password, once, and is signed in. */
export function InvitationPage({ id, onDone }: { id: string; onDone: () => void }) {
  const invited = useQuery({
    queryKey: ["invited", id],
    queryFn: () => getInvited(id),
    retry: false,
    staleTime: Infinity,
  });
  return (
    <Frame testid="invitation">
      {invited.isPending && (
        <div aria-busy className="grid gap-5">
          <Skeleton className="h-5 w-48" />
          <Skeleton className="h-8" />
          <Skeleton className="h-8" />
        </div>
      )}
      {invited.error && (
        <>
          <h1 className="font-semibold text-lg">This link is not good any more</h1>
          <ErrorNotice error={invited.error} className="mt-3" />
          <p className="mt-3 text-muted">
            A link is good once, for seven days. If your password is set already, sign in with it; else ask whoever
            invited you for a new one.
          </p>
          <Button className="mt-4" onClick={onDone}>
            To the sign-in
          </Button>
        </>
      )}
      {invited.data && <SetPassword id={id} email={invited.data.user_email} onDone={onDone} />}
    </Frame>
  );
}

function SetPassword({ id, email, onDone }: { id: string; email: string | null; onDone: () => void }) {
  const enter = useEnter();
  const [own, setOwn] = useState("");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<unknown>(null);
  const problems = passwordProblems(password, again);
  const refusal = fieldErrors(refused, ["password", "user_email"]);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    setRefused(null);
    if (Object.keys(problems).length > 0) return;
    setBusy(true);
    try {
      const claimed = await claimInvitation(id, { password, ...(email === null && own && { user_email: own.trim() }) });
      const { key } = await signInWithPassword({ user_id: claimed.user_id }, password);
      const problem = await enter(key);
      if (problem) setRefused(problem);
      else onDone();
    } catch (error) {
      setRefused(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <h1 className="font-semibold text-lg">Welcome to Postern</h1>
      <p className="mt-1 break-words text-muted">
        {email ? (
          <>
            Choose a password for <span className="font-medium text-text">{email}</span>. You sign in with it from now
            on.
          </>
        ) : (
          "Choose a password. You sign in with it from now on."
        )}
      </p>
      <form onSubmit={submit} className="mt-5 grid gap-4">
        {email === null && (
          <Field label="Your e-mail" optional error={refusal.at("user_email")}>
            {(control) => (
              <Input
                {...control}
                inputMode="email"
                autoComplete="username"
                data-testid="invitation-email"
                value={own}
                onChange={(event) => setOwn(event.target.value)}
              />
            )}
          </Field>
        )}
        <Field
          label="Password"
          error={(tried && problems.password) || refusal.at("password")}
          hint={`At least ${SHORTEST} characters.`}
        >
          {(control) => (
            <SecretInput
              {...control}
              autoComplete="new-password"
              autoFocus
              data-1p-ignore={undefined}
              data-lpignore={undefined}
              className="font-sans"
              data-testid="invitation-password"
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
              data-testid="invitation-again"
              value={again}
              onChange={(event) => setAgain(event.target.value)}
            />
          )}
        </Field>
        {refusal.rest ? <ErrorNotice error={refusal.rest} /> : null}
        <Button type="submit" variant="primary" busy={busy} data-testid="invitation-submit">
          Set the password and sign in
        </Button>
      </form>
    </>
  );
}
