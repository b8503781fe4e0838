import { type FormEvent, useEffect, useRef, useState } from "react";
import { toast } from "sonner";
import { type FullKey, type FullKeyDraft, updateKey } from "@/api/governance-keys";
import { useWrite } from "@/api/queries";
import { Button } from "@/components/controls";
import { FormEnd } from "@/components/dialog";
import { DollarInput, Field, Input } from "@/components/field";
import { fieldErrors } from "@/components/field-errors";
import { Fold } from "@/components/fold";
import { ErrorNotice } from "@/components/notice";
import { Select } from "@/components/select";
import { useUnsaved } from "@/components/unsaved";
import { useFocusInvalid } from "@/components/use-focus-invalid";
import { BudgetField } from "@/features/limits/budget-field";
import { LimitFields } from "@/features/limits/limit-fields";
import { useModelOptions } from "@/features/limits/use-model-options";
import { dayName, relative } from "@/lib/time";
import { EXPIRY } from "./issue-form";
import { KeepingFields } from "./keeping-fields";
import { changeOf, FOR_A_WHILE, formOf, KEY_FIELDS, type KeyForm } from "./key-form";
import { nameOf } from "./key-state";
import { ModelsPicker } from "./models-picker";
import { AdvancedFields, type FieldsProps, OwnerFields, RotationFields, RouteFields } from "./more-fields";

const ADVANCED = ["aliases", "tags", "metadata"];
const isAlias = (name: string) => name.startsWith("aliases.");

/** Every field of a key. Only what differs is sent. */
export function EditKey({ row, onDone }: { row: FullKey; onDone: () => void }) {
  // Spend goes on while one types; what is compared is the row as it was.
  const [before] = useState(row);
  const [form, setForm] = useState<KeyForm>(() => formOf(row));
  const [tries, setTries] = useState(0);
  const tried = tries > 0;
  const element = useRef<HTMLFormElement>(null);
  const options = useModelOptions();
  const save = useWrite((change: FullKeyDraft) => updateKey(row.token, change), ["keys"]);
  const { draft, problems } = changeOf(form, before);
  useUnsaved(Object.keys(draft).length > 0);
  useFocusInvalid(element, save.error ?? tries);
  // The button that led here is gone; what one came for is the form.
  useEffect(() => element.current?.querySelector("input")?.focus(), []);
  const refused = fieldErrors(save.error, KEY_FIELDS);
  const error = (field: string) => (tried ? problems[field] : undefined) ?? refused.at(field);
  const set = (change: Partial<KeyForm>) => setForm((known) => ({ ...known, ...change }));
  const fields = { form, set, error };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTries(tries + 1);
    if (Object.keys(problems).length > 0) return;
    if (Object.keys(draft).length === 0) return onDone();
    save.mutate(draft, {
      onSuccess: () => {
        toast.success(`${nameOf(row)} is changed, from its next request on.`);
        onDone();
      },
    });
  };
  return (
    <form ref={element} onSubmit={submit} className="grid gap-4 px-5 pt-5 pb-4" data-testid="key-edit-form">
      <Field label="Name" error={error("key_alias")}>
        {(control) => (
          <Input
            {...control}
            data-testid="edit-name"
            maxLength={120}
            value={form.key_alias}
            onChange={(event) => set({ key_alias: event.target.value })}
          />
        )}
      </Field>
      <div className="grid grid-cols-2 items-start gap-3">
        <Expiry {...fields} row={before} />
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
        testid="edit"
        form={form.limits}
        error={error}
        models={options}
        onChange={(limits) => set({ limits })}
      />
      {before.max_budget !== null && (
        <Fold title="More to spend, for a while" wrong={Boolean(error("temp_budget_increase"))}>
          <Temporary {...fields} />
        </Fold>
      )}
      <BudgetField
        testid="edit"
        value={form.budget_id}
        error={error("budget_id")}
        onChange={(budget_id) => set({ budget_id })}
      />
      <OwnerFields {...fields} />
      <RouteFields {...fields} />
      <RotationFields {...fields} />
      <KeepingFields {...fields} />
      <Fold
        title="Advanced: model aliases, tags, metadata"
        open={form.aliases.length > 0 || form.tags !== "" || form.metadata !== ""}
        wrong={ADVANCED.some((name) => Boolean(error(name))) || (tried && Object.keys(problems).some(isAlias))}
      >
        <div className="grid gap-4">
          <AdvancedFields {...fields} models={options} />
        </div>
      </Fold>
      <FormEnd inDrawer>
        {refused.rest ? <ErrorNotice error={refused.rest} /> : null}
        {tried && Object.keys(problems).length > 0 && (
          <p className="text-bad text-xs">Something above has to be put right first.</p>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onDone}>Cancel</Button>
          <Button type="submit" variant="primary" busy={save.isPending} data-testid="key-save">
            Save
          </Button>
        </div>
      </FormEnd>
    </form>
  );
}

function Expiry({ form, set, error, row }: FieldsProps & { row: FullKey }) {
  const now = row.expires ? `As it is: ${dayName(Date.parse(row.expires))}, ${relative(row.expires)}` : "Never";
  const choices = row.expires ? [...EXPIRY, { value: "-1", label: "Never" }] : EXPIRY;
  return (
    <Field label="Expires" error={error("duration")}>
      {({ id }) => (
        <Select
          id={id}
          testid="edit-expiry"
          className="w-full"
          any={now}
          options={choices}
          value={form.duration}
          onChange={(duration) => set({ duration })}
        />
      )}
    </Field>
  );
}

function Temporary({ form, set, error }: FieldsProps) {
  return (
    <div className="grid grid-cols-2 items-start gap-3">
      <Field
        label="Added to the budget"
        error={error("temp_budget_increase") ?? error("temp_budget_expiry")}
        hint="It takes the place of one that is running."
      >
        {(control) => (
          <DollarInput
            {...control}
            testid="edit-temp_budget_increase"
            placeholder="nothing"
            value={form.temp_budget_increase}
            onValue={(temp_budget_increase) => set({ temp_budget_increase })}
          />
        )}
      </Field>
      <Field label="How long">
        {({ id }) => (
          <Select
            id={id}
            testid="edit-temp_budget_expiry"
            className="w-full"
            disabled={form.temp_budget_increase.trim() === ""}
            options={FOR_A_WHILE}
            value={form.temp_budget_expiry}
            onChange={(temp_budget_expiry) => set({ temp_budget_expiry })}
          />
        )}
      </Field>
    </div>
  );
}
