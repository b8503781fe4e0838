import { Field, Input } from "@/components/field";
import type { Fields } from "@/features/forms/use-form";
import { BudgetField } from "@/features/limits/budget-field";
import { LimitFields } from "@/features/limits/limit-fields";
import { ModelsField } from "@/features/limits/models-field";
import { useModelOptions } from "@/features/limits/use-model-options";
import type { OrganizationForm } from "./organization-form";

export function OrganizationFields({ form, onChange, error }: Fields<OrganizationForm>) {
  const models = useModelOptions();
  return (
    <>
      <Field label="Name" error={error("organization_alias")}>
        {(control) => (
          <Input
            {...control}
            data-testid="organization-organization_alias"
            placeholder="Acme"
            maxLength={200}
            value={form.organization_alias}
            onChange={(event) => onChange({ ...form, organization_alias: event.target.value })}
          />
        )}
      </Field>
      <ModelsField
        testid="organization"
        models={form.models}
        options={models}
        error={error("models")}
        hint="Its teams may use no others."
        onChange={(chosen) => onChange({ ...form, models: chosen })}
      />
      <BudgetField
        testid="organization"
        value={form.budget_id}
        error={error("budget_id")}
        onChange={(budget_id) => onChange({ ...form, budget_id })}
      />
      <LimitFields
        testid="organization"
        form={form.limits}
        models={models}
        error={error}
        onChange={(limits) => onChange({ ...form, limits })}
      />
    </>
  );
}
