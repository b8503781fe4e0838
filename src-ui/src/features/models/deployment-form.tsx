import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useMemo, useState } from "react";
import { toast } from "sonner";
import { useAccess } from "@/api/access";
import {
  createDeployment,
  type Deployment,
  type DeploymentDraft,
  listAccessGroups,
  updateDeployment,
} from "@/api/governance-keys";
import { useCatalogue, useModelGroups, useWrite } from "@/api/queries";
import { Button } from "@/components/controls";
import { FormEnd } from "@/components/dialog";
import { Field, Input } from "@/components/field";
import { fieldErrors } from "@/components/field-errors";
import { Fold } from "@/components/fold";
import { ErrorNotice } from "@/components/notice";
import { Picker } from "@/components/picker";
import { SecretInput } from "@/components/secret-input";
import { TeamPicker } from "@/features/pickers/pickers";
import { modelName } from "@/lib/model-name";
import { draftOf, FIELDS, type DeploymentForm as Form, formOf, type Shown } from "./deployment";

export const EditDeployment = ({ row, onDone }: { row: Shown; onDone: () => void }) => (
  <div className="px-5 pt-5 pb-4">
    <DeploymentForm
      row={row}
      onDone={(name) => {
        if (name) toast.success(`${name} is changed, from the next request on.`);
        onDone();
      }}
    />
  </div>
);

/** `onDone` is told the model group's name, or nothing where nothing was done. */
export function DeploymentForm({ row, onDone }: { row?: Shown; onDone: (name?: string) => void }) {
  const [before] = useState(row);
  const [form, setForm] = useState<Form>(() => formOf(row));
  const [tried, setTried] = useState(false);
  const { may } = useAccess();
  const save = useWrite(
    (draft: DeploymentDraft): Promise<Deployment> =>
      before ? updateDeployment(before.id, draft) : createDeployment(draft),
    ["models", "catalogue"],
  );
  const { draft, problems } = draftOf(form, before);
  const refused = fieldErrors(save.error, FIELDS);
  const error = (field: string) => (tried ? problems[field] : undefined) ?? refused.at(field);
  const set = (change: Partial<Form>) => setForm((known) => ({ ...known, ...change }));
  const names = useGroupNames();
  const upstream = useUpstreamModels();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(problems).length > 0) return;
    if (Object.keys(draft).length === 0) return onDone();
    save.mutate(draft, { onSuccess: () => onDone(form.model_name.trim()) });
  };
  const input = (
    field: "model_name" | "api_base" | "rpm" | "tpm" | "weight" | "tags" | "access_groups",
    more: { placeholder?: string; list?: string; inputMode?: "numeric" | "url" } = {},
  ) => ({
    ...more,
    "data-testid": `deployment-${field}`,
    value: form[field],
    onChange: (event: { target: { value: string } }) => set({ [field]: event.target.value }),
  });
  return (
    <form onSubmit={submit} className="grid gap-4" data-testid="deployment-form">
      <Field label="Model group" error={error("model_name")} hint="The name that callers send, such as smart.">
        {(control) => (
          <Input
            {...control}
            {...input("model_name", { placeholder: "smart", list: "model-groups" })}
            maxLength={256}
          />
        )}
      </Field>
      <datalist id="model-groups">
        {names.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <Field
        label="Provider's model"
        error={error("litellm_params.model")}
        hint="Of a configured provider, or any provider/model typed in full."
      >
        {({ id }) => (
          <Picker
            id={id}
            label="Provider's model"
            any="Choose a model"
            testid="deployment-model"
            className="w-full"
            options={upstream}
            free={(typed) => ({ value: typed, label: typed, note: "as typed" })}
            chosen={form.model ? [form.model] : []}
            onChange={([model]) => set({ model: model ?? "" })}
          />
        )}
      </Field>
      <Field
        label="Key"
        optional
        error={error("litellm_params.api_key")}
        hint={
          before
            ? "Empty: the one it has stays, or the provider's is used."
            : "Empty: the provider's is used. A key of its own goes to the vault and is never shown."
        }
      >
        {(control) => (
          <SecretInput
            {...control}
            data-testid="deployment-api_key"
            value={form.api_key}
            onChange={(event) => set({ api_key: event.target.value })}
          />
        )}
      </Field>
      <Field label="Address" optional error={error("litellm_params.api_base")} hint="Empty: the provider's own.">
        {(control) => <Input {...control} {...input("api_base", { placeholder: "https://…/v1", inputMode: "url" })} />}
      </Field>
      <div className="grid grid-cols-3 items-start gap-3 max-sm:grid-cols-1">
        {(
          [
            ["rpm", "Requests / min", "no limit"],
            ["tpm", "Tokens / min", "no limit"],
            ["weight", "Weight", "as the others"],
          ] as const
        ).map(([field, label, placeholder]) => (
          <Field key={field} label={label} error={error(`litellm_params.${field}`)}>
            {(control) => <Input {...control} {...input(field, { placeholder, inputMode: "numeric" })} />}
          </Field>
        ))}
      </div>
      <Fold
        title={before ? "More: access groups, tags" : "More: access groups, tags, team"}
        open={Boolean(form.tags || form.access_groups)}
        wrong={["litellm_params.tags", "model_info.access_groups", "model_info.team_id"].some((name) =>
          Boolean(error(name)),
        )}
      >
        <div className="grid gap-4">
          <AccessField
            value={form.access_groups}
            onChange={(access_groups) => set({ access_groups })}
            error={error("model_info.access_groups")}
          />
          <Field
            label="Tags"
            error={error("litellm_params.tags")}
            hint="Requests with one of these tags go here; separated by commas."
          >
            {(control) => <Input {...control} {...input("tags", { placeholder: "none" })} />}
          </Field>
          {!before && may("GET /v2/team/list") && (
            <Field
              label="Team"
              error={error("model_info.team_id")}
              hint="A team's model can be used by its keys alone."
            >
              {({ id }) => (
                <TeamPicker
                  id={id}
                  any="Everybody's"
                  testid="deployment-team"
                  className="w-full"
                  value={form.team_id}
                  onChange={(team_id) => set({ team_id })}
                />
              )}
            </Field>
          )}
        </div>
      </Fold>
      <FormEnd inDrawer={before !== undefined}>
        {refused.rest ? <ErrorNotice error={refused.rest} /> : null}
        <div className="flex justify-end gap-2">
          <Button onClick={() => onDone()}>Cancel</Button>
          <Button type="submit" variant="primary" busy={save.isPending} data-testid="deployment-save">
            {before ? "Save" : "Add deployment"}
          </Button>
        </div>
      </FormEnd>
    </form>
  );
}

function AccessField({
  value,
  onChange,
  error,
}: {
  value: string;
  onChange: (value: string) => void;
  error?: string | null;
}) {
  const { may } = useAccess();
  const known = useQuery({
    queryKey: ["models", "access groups"],
    queryFn: listAccessGroups,
    enabled: may("GET /access_group/list"),
  });
  const chosen = value
    .split(",")
    .map((name) => name.trim())
    .filter(Boolean);
  const names = [...new Set([...(known.data ?? []).map(({ access_group: name }) => name), ...chosen])];
  return (
    <Field label="Access groups" error={error} hint="Names by which keys and teams are given several models at once.">
      {({ id }) => (
        <Picker
          id={id}
          multiple
          label="Access groups"
          any="None"
          testid="deployment-access"
          className="w-full"
          options={names.map((name) => ({ value: name, label: name }))}
          free={(typed) => ({ value: typed, label: typed, note: "new" })}
          chosen={chosen}
          onChange={(next) => onChange(next.join(", "))}
        />
      )}
    </Field>
  );
}

/** Groups that can be given another deployment. */
function useGroupNames() {
  const groups = useModelGroups();
  return useMemo(
    () =>
      [...new Set((groups.data ?? []).map(({ model_name: name }) => name))].filter((name) => name !== "demo").sort(),
    [groups.data],
  );
}

/** What can be asked now comes first; the rest of the catalogue is found by typing. */
function useUpstreamModels() {
  const catalogue = useCatalogue();
  return useMemo(() => {
    const models = catalogue.data?.models ?? [];
    const option = (model: (typeof models)[number]) => ({ value: modelName(model), label: modelName(model) });
    const served = models.filter((model) => model.available).map(option);
    return [
      ...served,
      ...models.filter((model) => !model.available).map((model) => ({ ...option(model), note: "not configured" })),
    ];
  }, [catalogue.data]);
}
