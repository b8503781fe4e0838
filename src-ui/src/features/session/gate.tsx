import { type UseQueryResult, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { Session } from "@/api/contract";
import { ApiError } from "@/api/http";
import { getSession } from "@/api/routes";
import { Button, Skeleton } from "@/components/controls";
import { Field } from "@/components/field";
import { Mark } from "@/components/mark";
import { ErrorNotice } from "@/components/notice";
import { SecretInput } from "@/components/secret-input";
import { platform } from "@/platform";

/** What stands before the console: a sign-in in the browser, or why it cannot be shown. */
export function Gate({ session }: { session: UseQueryResult<Session> }) {
  const { error, data } = session;
  const refused = error instanceof ApiError && (error.status === 401 || error.status === 403);
  // Once the form is shown it stays: a re-render while it checks a key must not throw away what it found.
  const [asking] = useState(() => platform.signIn?.present() === false);
  if (asking) return <SignInForm notice={null} />;
  if (session.isPending) return <Waiting />;
  if (!platform.signIn || (error && !refused)) {
    return (
      <Frame>
        <h1 className="font-semibold text-lg">The gateway cannot be reached</h1>
        <ErrorNotice error={error} className="mt-3" onRetry={() => void session.refetch()} />
      </Frame>
    );
  }
  return (
    <SignInForm
      notice={data?.role === "key" ? virtualKeyNotice(data) : "This key is no longer accepted. Sign in again."}
    />
  );
}

const virtualKeyNotice = ({ key_name }: Session) =>
  `That is ${key_name ? `the virtual key “${key_name}”` : "a virtual key"}. It may call models; only the administrator's key opens the console.`;

function SignInForm({ notice }: { notice: string | null }) {
  const client = useQueryClient();
  const [key, setKey] = useState("");
  const [problem, setProblem] = useState(notice);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const signIn = platform.signIn;
    const trimmed = key.trim();
    if (!signIn) return;
    if (!trimmed) return setProblem("Enter the administrator's key.");
    setBusy(true);
    signIn.set(trimmed);
    try {
      const session = await getSession();
      if (session.role === "admin") return client.setQueryData(["session"], session);
      signIn.clear();
      setProblem(virtualKeyNotice(session));
    } catch (error) {
      signIn.clear();
      const refused = error instanceof ApiError && (error.status === 401 || error.status === 403);
      setProblem(
        refused
          ? "The gateway does not accept this key. Check for a missing character, or look the key up again."
          : error instanceof Error
            ? error.message
            : String(error),
      );
    } finally {
      setBusy(false);
    }
  };
  return (
    <Frame>
      <h1 className="font-semibold text-lg">Sign in to Postern</h1>
      <p className="mt-1 text-muted">
        The console needs the administrator's key. <Code>postern</Code> prints it once, at its first start; if you set{" "}
        <Code>POSTERN_ADMIN_KEY</Code>, it is that value.
      </p>
      <form onSubmit={submit} className="mt-5 grid gap-4">
        <Field label="Administrator's key" error={problem}>
          {(control) => (
            <SecretInput
              {...control}
              data-testid="sign-in-key"
              placeholder="sk-…"
              value={key}
              autoFocus
              onChange={(event) => {
                setKey(event.target.value);
                setProblem(null);
              }}
            />
          )}
        </Field>
        <Button type="submit" variant="primary" busy={busy} data-testid="sign-in-submit">
          Sign in
        </Button>
      </form>
      <p className="mt-4 text-faint text-xs">Kept for this tab only, never stored on this device.</p>
    </Frame>
  );
}

const Code = ({ children }: { children: string }) => (
  <code className="rounded bg-hover px-1 py-0.5 font-mono text-xs">{children}</code>
);

function Frame({ children }: { children: React.ReactNode }) {
  return (
    <main className="grid min-h-full place-items-center p-4">
      <div className="w-full max-w-[400px]">
        <div className="mb-4 flex items-center gap-2 font-semibold text-base">
          <Mark className="size-6" /> Postern
        </div>
        <div className="rounded-xl border border-line bg-surface p-6 shadow-card" data-testid="sign-in">
          {children}
        </div>
      </div>
    </main>
  );
}

function Waiting() {
  return (
    <main aria-busy className="flex h-full">
      <span className="sr-only">Connecting to the gateway</span>
      <div className="hidden w-[208px] shrink-0 border-line border-r bg-sunken p-4 sm:block">
        <Skeleton className="h-6 w-28" />
        {[0, 1, 2, 3, 4, 5].map((line) => (
          <Skeleton key={line} className="mt-4 h-4 w-32" />
        ))}
      </div>
    </main>
  );
}
