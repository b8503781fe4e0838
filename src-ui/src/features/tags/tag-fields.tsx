import { useMemo } from "react";
import { useModelGroups } from "@/api/queries";
import { Field, Input } from "@/components/field";
import { Picker, type PickerOption } from "@/components/picker";
import type { Fields } from "@/features/forms/use-form";
import { BudgetField } from "@/features/limits/budget-field";
import { LimitFields } from "@/features/limits/limit-fields";
import { useModelOptions } from "@/features/limits/use-model-options";
import { shown } from "@/features/models/deployment";
import type { TagForm } from "./tag-form";

export function TagFields({ form, onChange, error, isNew }: Fields<TagForm> & { isNew?: boolean }) {
  const models = useModelOptions();
  const deployments = useDeploymentOptions(form.models);
  return (
    <>
      {isNew && (
        <Field label="Name" error={error("name")} hint="What keys, teams, or requests say in metadata.tags.">
          {(control) => (
            <Input
              {...control}
              data-testid="tag-name"
              placeholder="batch"
              maxLength={200}
              value={form.name}
              onChange={(event) => onChange({ ...form, name: event.target.value })}
            />
          )}
        </Field>
      )}
      <Field label="Description" optional error={error("description")}>
        {(control) => (
          <Input
            {...control}
            data-testid="tag-description"
            maxLength={2000}
            value={form.description}
            onChange={(event) => onChange({ ...form, description: event.target.value })}
          />
        )}
      </Field>
      {(deployments.length > 0 || error("models")) && (
        <Field
          label="Deployments for it"
          error={error("models")}
          hint="Where deployments are chosen by tags: requests with this one go to these."
        >
          {(control) => (
            <Picker
              {...control}
              multiple
              label="Deployments for it"
              any="None in particular"
              testid="tag-models"
              className="w-full"
              options={deployments}
              chosen={form.models}
              onChange={(chosen) => onChange({ ...form, models: chosen })}
            />
          )}
        </Field>
      )}
      <BudgetField
        testid="tag"
        value={form.budget_id}
        error={error("budget_id")}
        onChange={(budget_id) => onChange({ ...form, budget_id })}
      />
      {form.budget_id ? (
        <p className="text-muted text-xs">Its limits are the tag's. Choose none to set limits here.</p>
      ) : (
        <LimitFields
          allowed
          testid="tag"
          form={form.limits}
          models={models}
          error={error}
          onChange={(limits) => onChange({ ...form, limits })}
        />
      )}
    </>
  );
}

/** Deployments by their ids; those that are chosen stay choices, whether they are still there or not. */
export function useDeploymentOptions(chosen: string[]) {
  const groups = useModelGroups();
  return useMemo(() => {
    const known: PickerOption[] = (groups.data ?? []).map(shown).map(({ id, group, model }) => ({
      value: id,
      label: `${group}: ${model}`,
    }));
    const further = chosen.filter((id) => !known.some(({ value }) => value === id));
    return [...known, ...further.map((id) => ({ value: id, label: id }))];
  }, [groups.data, chosen]);
}
