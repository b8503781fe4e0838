import { Field, Input } from "@/components/field";
import { Picker } from "@/components/picker";
import { Select } from "@/components/select";
import type { Fields } from "@/features/forms/use-form";
import { BudgetField } from "@/features/limits/budget-field";
import { LimitFields } from "@/features/limits/limit-fields";
import { useModelOptions } from "@/features/limits/use-model-options";
import { type CustomerForm, REGIONS } from "./customer-form";

export function CustomerFields({ form, onChange, error, isNew }: Fields<CustomerForm> & { isNew?: boolean }) {
  const models = useModelOptions();
  return (
    <>
      {isNew && (
        <Field label="Id" error={error("user_id")} hint="What requests say in user, or in x-litellm-customer-id.">
          {(control) => (
            <Input
              {...control}
              data-testid="customer-user_id"
              maxLength={200}
              value={form.user_id}
              onChange={(event) => onChange({ ...form, user_id: event.target.value })}
            />
          )}
        </Field>
      )}
      <Field label="Name" optional error={error("alias")}>
        {(control) => (
          <Input
            {...control}
            data-testid="customer-alias"
            maxLength={200}
            value={form.alias}
            onChange={(event) => onChange({ ...form, alias: event.target.value })}
          />
        )}
      </Field>
      <div className="grid gap-3 sm:grid-cols-2">
        <Field label="Default model" error={error("default_model")} hint="Where a model is not in their region.">
          {(control) => (
            <Picker
              {...control}
              label="Default model"
              any="None"
              testid="customer-default_model"
              className="w-full"
              options={models}
              chosen={form.default_model ? [form.default_model] : []}
              onChange={([next]) => onChange({ ...form, default_model: next ?? "" })}
            />
          )}
        </Field>
        <Field label="Region of models" error={error("allowed_model_region")}>
          {({ id, ...described }) => (
            <Select
              id={id}
              {...described}
              className="w-full"
              any="Any"
              options={REGIONS}
              value={form.allowed_model_region}
              onChange={(allowed_model_region) => onChange({ ...form, allowed_model_region })}
            />
          )}
        </Field>
      </div>
      <BudgetField
        testid="customer"
        value={form.budget_id}
        error={error("budget_id")}
        onChange={(budget_id) => onChange({ ...form, budget_id })}
      />
      {form.budget_id ? (
        <p className="text-muted text-xs">Its limits are the customer's. Choose none to set limits here.</p>
      ) : (
        <LimitFields
          allowed
          testid="customer"
          form={form.limits}
          models={models}
          error={error}
          onChange={(limits) => onChange({ ...form, limits })}
        />
      )}
    </>
  );
}
