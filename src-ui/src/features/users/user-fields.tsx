import { Field, Input } from "@/components/field";
import { Fold } from "@/components/fold";
import { Select } from "@/components/select";
import type { Fields } from "@/features/forms/use-form";
import { BudgetField } from "@/features/limits/budget-field";
import { LimitFields } from "@/features/limits/limit-fields";
import { ModelsField } from "@/features/limits/models-field";
import { useModelOptions } from "@/features/limits/use-model-options";
import { ROLES } from "@/features/people/names";
import type { UserForm } from "./user-form";

type Props = Fields<UserForm> & { isNew?: boolean };

/** Who somebody is: the first part of the form. */
export function PersonFields({ form, onChange, error, isNew }: Props) {
  return (
    <>
      <Field label="E-mail" error={error("user_email")} hint={isNew ? "They sign in with it." : undefined}>
        {(control) => (
          <Input
            {...control}
            inputMode="email"
            data-testid="user-user_email"
            placeholder="jo@example.com"
            value={form.user_email}
            onChange={(event) => onChange({ ...form, user_email: event.target.value })}
          />
        )}
      </Field>
      <div className="grid gap-3 sm:grid-cols-2">
        <Field label="Name" optional error={error("user_alias")}>
          {(control) => (
            <Input
              {...control}
              data-testid="user-user_alias"
              value={form.user_alias}
              onChange={(event) => onChange({ ...form, user_alias: event.target.value })}
            />
          )}
        </Field>
        <Field label="Role" error={error("user_role")}>
          {({ id, ...described }) => (
            <Select
              id={id}
              {...described}
              testid="user-user_role"
              className="w-full"
              options={ROLES}
              value={form.user_role}
              onChange={(user_role) => onChange({ ...form, user_role })}
            />
          )}
        </Field>
      </div>
    </>
  );
}

/** What their own keys may use. */
export function AllowanceFields({ form, onChange, error }: Props) {
  const models = useModelOptions();
  return (
    <>
      <ModelsField
        testid="user"
        models={form.models}
        options={models}
        error={error("models")}
        onChange={(chosen) => onChange({ ...form, models: chosen })}
      />
      <BudgetField
        testid="user"
        value={form.budget_id}
        error={error("budget_id")}
        onChange={(budget_id) => onChange({ ...form, budget_id })}
      />
      <LimitFields
        testid="user"
        form={form.limits}
        models={models}
        error={error}
        onChange={(limits) => onChange({ ...form, limits })}
      />
    </>
  );
}

export function AllowanceFold(props: Props) {
  return (
    <Fold title="Models and limits">
      <div className="grid gap-4">
        <AllowanceFields {...props} />
      </div>
    </Fold>
  );
}
