import { type FormEvent, useRef, useState } from "react";
import { generateKey, type ShownKey } from "@/api/governance-keys";
import { useWrite } from "@/api/queries";
import { Button } from "@/components/controls";
import { FormEnd } from "@/components/dialog";
import { Field, Input } from "@/components/field";
import { fieldErrors } from "@/components/field-errors";
import { Fold } from "@/components/fold";
import { ErrorNotice } from "@/components/notice";
import { Select } from "@/components/select";
import { useFocusInvalid } from "@/components/use-focus-invalid";
import { BudgetField } from "@/features/limits/budget-field";
import { LimitFields } from "@/features/limits/limit-fields";
import { ModelLimits } from "@/features/limits/model-limits";
import { useModelOptions } from "@/features/limits/use-model-options";
import { KEEPING_FIELDS } from "./keeping";
import { KeepingFields } from "./keeping-fields";
import { draftOf, emptyKey, KEY_FIELDS, type KeyForm } from "./key-form";
import { ModelsPicker } from "./models-picker";
import { AdvancedFields, OwnerFields, RotationFields, RouteFields, SoftBudget } from "./more-fields";

export const EXPIRY = [
  { value: "24h", label: "In a day" },
  { value: "7d", label: "In a week" },
  { value: "30d", label: "In 30 days" },
  { value: "90d", label: "In 90 days" },
  { value: "365d", label: "In a year" },
];
// Of these, some have their fields in the part that is folded.
const FOLDED = [
  "budget_id",
  "user_id",
  "team_id",
  "organization_id",
  "soft_budget",
  "model_max_budget",
  "model_rpm_limit",
  "model_tpm_limit",
  "allowed_routes",
  "aliases",
  "tags",
  "metadata",
  "rotation_interval",
  ...KEEPING_FIELDS,
];

/** A name and Enter issue a key; what else a key can have is there for those who look. */
export function IssueForm({ onIssued, start }: { onIssued: (key: ShownKey) => void; start?: Partial<KeyForm> }) {
  const [form, setForm] = useState<KeyForm>({ ...emptyKey(), ...start });
  const [tries, setTries] = useState(0);
  const tried = tries > 0;
  const element = useRef<HTMLFormElement>(null);
  const options = useModelOptions();
  const issue = useWrite(generateKey, ["keys", "status"]);
  const { draft, problems } = draftOf(form);
  useFocusInvalid(element, issue.error ?? tries);
  const refused = fieldErrors(issue.error, KEY_FIELDS);
  const error = (field: string) => (tried ? problems[field] : undefined) ?? refused.at(field);
  const set = (change: Partial<KeyForm>) => setForm((known) => ({ ...known, ...change }));
  const fields = { form, set, error };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTries(tries + 1);
    if (Object.keys(problems).length === 0) issue.mutate(draft, { onSuccess: onIssued });
  };
  const wrongInMore =
    FOLDED.some((field) => Boolean(error(field))) ||
    (tried && Object.keys(problems).some((name) => /^(models|aliases)\./.test(name)));

  return (
    <form ref={element} onSubmit={submit} className="grid gap-4">
      <Field label="Name" error={error("key_alias")} hint="The tool or person that will use it.">
        {(control) => (
          <Input
            {...control}
            data-testid="key-name"
            placeholder="claude-code on my laptop"
            maxLength={120}
            value={form.key_alias}
            onChange={(event) => set({ key_alias: event.target.value })}
          />
        )}
      </Field>
      <div className="grid grid-cols-2 items-start gap-3">
        <Field label="Expires" error={error("duration")}>
          {({ id }) => (
            <Select
              id={id}
              testid="key-expiry"
              className="w-full"
              any="Never"
              options={EXPIRY}
              value={form.duration}
              onChange={(duration) => set({ duration })}
            />
          )}
        </Field>
        <Field label="Allowed models" error={error("models")}>
          {({ id }) => (
            <ModelsPicker
              id={id}
              options={options}
              team={form.team_id !== undefined}
              chosen={form.models}
              onChange={(models) => set({ models })}
            />
          )}
        </Field>
      </div>
      <LimitFields
        testid="key"
        form={form.limits}
        error={error}
        without={["soft_budget", "models"]}
        onChange={(limits) => set({ limits })}
      />
      <Fold
        title="More: owner, warning, paths, aliases, tags, rotation, what is kept, limits by model"
        wrong={wrongInMore}
      >
        <div className="grid gap-4" data-testid="key-more">
          <BudgetField
            testid="key"
            value={form.budget_id}
            error={error("budget_id")}
            onChange={(budget_id) => set({ budget_id })}
          />
          <OwnerFields {...fields} />
          <SoftBudget {...fields} />
          <RouteFields {...fields} />
          <AdvancedFields {...fields} models={options} />
          <RotationFields {...fields} />
          <KeepingFields {...fields} />
          <div className="grid gap-2">
            <p className="font-medium text-xs">Limits by model</p>
            <ModelLimits
              testid="key"
              form={form.limits}
              error={error}
              models={options}
              onChange={(limits) => set({ limits })}
            />
          </div>
        </div>
      </Fold>
      <FormEnd>
        {refused.rest ? <ErrorNotice error={refused.rest} /> : null}
        <div className="flex justify-end">
          <Button type="submit" variant="primary" busy={issue.isPending} data-testid="key-issue-submit">
            Issue key
          </Button>
        </div>
      </FormEnd>
    </form>
  );
}
