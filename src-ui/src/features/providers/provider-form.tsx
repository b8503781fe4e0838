import { ExternalLink } from "lucide-react";
import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import type { Preset, ProviderDraft } from "@/api/contract";
import { ApiError } from "@/api/http";
import { useWrite } from "@/api/queries";
import { createProvider, testDraft } from "@/api/routes";
import { Button } from "@/components/controls";
import { Field, Input, SecretInput } from "@/components/field";
import { ErrorNotice } from "@/components/notice";
import { platform } from "@/platform";
import { baseUrlProblem, freeName } from "./names";
import { TestResult } from "./test-result";

export function ProviderForm({
  preset,
  taken,
  onSaved,
}: {
  preset: Preset;
  taken: string[];
  onSaved: (name: string) => void;
}) {
  const [key, setKey] = useState("");
  const [baseUrl, setBaseUrl] = useState(preset.base_url);
  const [name, setName] = useState(() => freeName(preset.id, taken));
  const [tried, setTried] = useState(false);
  const test = useWrite((draft: Omit<ProviderDraft, "name">) => testDraft(draft), []);
  const save = useWrite(
    (draft: ProviderDraft) => createProvider(draft),
    ["providers", "catalogue", "status", "models"],
  );

  const keyProblem = preset.needs_key && key.trim() === "" ? "Paste the key to go on." : null;
  const urlProblem = baseUrlProblem(baseUrl);
  const nameProblem = taken.includes(name.trim()) ? "This name is taken." : null;
  const draft = () => ({
    preset: preset.id,
    base_url: baseUrl.trim() === preset.base_url ? undefined : baseUrl.trim(),
    api_key: key.trim() || undefined,
  });
  const ready = () => {
    setTried(true);
    return !keyProblem && !urlProblem;
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!ready() || nameProblem) return;
    save.mutate(
      { ...draft(), name: name.trim() || undefined },
      {
        onSuccess: (provider) => {
          toast.success(`${provider.name} is ready. Its models can be called at once.`);
          onSaved(provider.name);
        },
      },
    );
  };
  // What was tested is no longer what is typed.
  const changed = () => test.reset();

  return (
    <form onSubmit={submit} className="grid gap-4">
      <Field
        label="API key"
        optional={!preset.needs_key}
        error={tried ? keyProblem : null}
        hint={
          preset.key_url ? (
            <button
              type="button"
              className="inline-flex items-center gap-1 rounded text-accent-text hover:underline"
              onClick={() => void platform.openExternal(preset.key_url!)}
            >
              Where to get a key <ExternalLink aria-hidden className="size-3" />
            </button>
          ) : preset.local ? (
            "A local server needs none, unless you gave it one."
          ) : undefined
        }
      >
        {(control) => (
          <SecretInput
            {...control}
            data-testid="provider-key"
            placeholder={preset.key_hint ?? ""}
            value={key}
            onChange={(event) => {
              setKey(event.target.value);
              changed();
            }}
          />
        )}
      </Field>
      <Field
        label="Base URL"
        error={tried ? urlProblem : null}
        hint={
          preset.group === "generic"
            ? "Up to and including the version, such as https://api.example.com/v1."
            : undefined
        }
      >
        {(control) => (
          <Input
            {...control}
            inputMode="url"
            className="font-mono text-xs"
            data-testid="provider-base-url"
            placeholder="https://"
            value={baseUrl}
            onChange={(event) => {
              setBaseUrl(event.target.value);
              changed();
            }}
          />
        )}
      </Field>
      <Field
        label="Name"
        error={nameProblem ?? (save.error instanceof ApiError && save.error.status === 409 ? save.error.message : null)}
        hint={
          <>
            Models are called <code className="font-mono">{name.trim() || preset.id}/…</code>
          </>
        }
      >
        {(control) => (
          <Input
            {...control}
            data-testid="provider-name"
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      {test.data && <TestResult test={test.data} fresh className="rounded-lg bg-sunken px-3 py-2" />}
      {(test.error ?? (save.error instanceof ApiError && save.error.status === 409 ? null : save.error)) && (
        <ErrorNotice error={test.error ?? save.error} />
      )}
      <div className="flex items-center gap-2">
        <p className="min-w-0 flex-1 text-faint text-xs">
          {preset.needs_key && "The key goes into the vault and is not shown again."}
        </p>
        <Button busy={test.isPending} data-testid="provider-test-draft" onClick={() => ready() && test.mutate(draft())}>
          Test
        </Button>
        <Button type="submit" variant="primary" busy={save.isPending} data-testid="provider-save">
          Add provider
        </Button>
      </div>
    </form>
  );
}
