import { type FormEvent, useState } from "react";
import { Button } from "@/components/controls";
import { Field } from "@/components/field";
import { SecretInput } from "@/components/secret-input";
import { useEnter, words } from "./enter";
import { Code } from "./frame";

/** With the administrator's key, or with a person's own. `others`: there are people who sign in otherwise. */
export function KeyForm({ others }: { others: boolean }) {
  const enter = useEnter();
  const [key, setKey] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const label = others ? "Key" : "Administrator's key";
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const trimmed = key.trim();
    if (!trimmed) return setProblem(others ? "Enter a key." : "Enter the administrator's key.");
    setBusy(true);
    try {
      setProblem(await enter(trimmed));
    } catch (error) {
      setProblem(words(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <p className="mt-1 text-muted">
        {others
          ? "The administrator's key, or one that belongs to you. "
          : "The console needs the administrator's key. "}
        <Code>postern</Code> prints the administrator's once, at its first start; if you set{" "}
        <Code>POSTERN_ADMIN_KEY</Code>, it is that value.
      </p>
      <form onSubmit={submit} className="mt-5 grid gap-4">
        <Field label={label} error={problem}>
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
    </>
  );
}
