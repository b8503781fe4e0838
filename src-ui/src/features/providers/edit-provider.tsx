import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import type { Provider, ProviderChange } from "@/api/contract";
import { useWrite } from "@/api/queries";
import { updateProvider } from "@/api/routes";
import { Button } from "@/components/controls";
import { Dialog } from "@/components/dialog";
import { Field, Input, SecretInput } from "@/components/field";
import { ErrorNotice } from "@/components/notice";
import { baseUrlProblem } from "./names";

export function EditProvider({ provider, onClose }: { provider: Provider; onClose: () => void }) {
  const [name, setName] = useState(provider.name);
  const [baseUrl, setBaseUrl] = useState(provider.base_url);
  const [key, setKey] = useState("");
  const save = useWrite(
    (change: ProviderChange) => updateProvider(provider.id, change),
    ["providers", "catalogue", "status"],
  );
  const urlProblem = baseUrlProblem(baseUrl);
  const nameProblem = name.trim() === "" ? "A provider needs a name." : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (nameProblem || urlProblem) return;
    const change: ProviderChange = {};
    if (name.trim() !== provider.name) change.name = name.trim();
    if (baseUrl.trim() !== provider.base_url) change.base_url = baseUrl.trim();
    if (key.trim()) change.api_key = key.trim();
    if (Object.keys(change).length === 0) return onClose();
    save.mutate(change, {
      onSuccess: () => {
        toast.success(`${name.trim()} is changed.`);
        onClose();
      },
    });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      lock
      title={`Edit ${provider.name}`}
      description={provider.label}
      testid="edit-provider-dialog"
    >
      <form onSubmit={submit} className="grid gap-4">
        <Field
          label="Name"
          error={nameProblem}
          hint={
            name.trim() === provider.name
              ? undefined
              : `Clients that ask for ${provider.name}/… have to ask for ${name.trim()}/… instead.`
          }
        >
          {(control) => (
            <Input
              {...control}
              data-testid="edit-name"
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>

        <Field label="Base URL" error={urlProblem}>
          {(control) => (
            <Input
              {...control}
              inputMode="url"
              className="font-mono text-xs"
              data-testid="edit-base-url"
              value={baseUrl}
              onChange={(event) => setBaseUrl(event.target.value)}
            />
          )}
        </Field>
        <Field
          label="New API key"
          optional
          hint={provider.credential.hint ? `Leave it empty to keep ${provider.credential.hint}.` : undefined}
        >
          {(control) => (
            <SecretInput
              {...control}
              data-testid="edit-key"
              value={key}
              onChange={(event) => setKey(event.target.value)}
            />
          )}
        </Field>

        {save.error && <ErrorNotice error={save.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={save.isPending} data-testid="edit-save">
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
