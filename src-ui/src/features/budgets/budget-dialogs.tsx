import { toast } from "sonner";
import type { BudgetRow } from "@/api/contract";
import { createBudget, deleteBudget } from "@/api/people";
import { useWrite } from "@/api/queries";
import { Confirm, Dialog } from "@/components/dialog";
import { Field, Input } from "@/components/field";
import { NewForm } from "@/features/forms/new-form";
import { LimitFields } from "@/features/limits/limit-fields";
import { useModelOptions } from "@/features/limits/use-model-options";
import { BUDGET_FIELDS, budgetDraft, noBudget } from "./budget-form";

export function NewBudget({
  open,
  onClose,
  onMade,
}: {
  open: boolean;
  onClose: () => void;
  onMade: (budget: BudgetRow) => void;
}) {
  const models = useModelOptions();
  return (
    <Dialog
      open={open}
      onClose={onClose}
      lock
      testid="new-budget-dialog"
      title="Make a budget"
      description="Limits with a name. Whoever refers to it has them for themselves: it is no common purse."
    >
      <NewForm
        empty={noBudget}
        draftOf={budgetDraft}
        create={createBudget}
        topics={["budgets"]}
        fields={BUDGET_FIELDS}
        onMade={onMade}
        saying={({ budget_id }) => `${budget_id} is made. Choose it wherever limits are set.`}
        action="Make budget"
        testid="budget"
      >
        {({ form, onChange, error }) => (
          <>
            <Field label="Name" error={error("budget_id")}>
              {(control) => (
                <Input
                  {...control}
                  data-testid="budget-budget_id"
                  placeholder="interns"
                  maxLength={200}
                  value={form.budget_id}
                  onChange={(event) => onChange({ ...form, budget_id: event.target.value })}
                />
              )}
            </Field>
            <LimitFields
              allowed
              testid="budget"
              form={form.limits}
              models={models}
              error={error}
              onChange={(limits) => onChange({ ...form, limits })}
            />
          </>
        )}
      </NewForm>
    </Dialog>
  );
}

export function DeleteBudget({
  budget,
  onClose,
  onDeleted,
}: {
  budget: BudgetRow;
  onClose: () => void;
  onDeleted: () => void;
}) {
  const remove = useWrite(() => deleteBudget(budget.budget_id), ["budgets"]);
  return (
    <Confirm
      open
      onClose={onClose}
      title={`Delete ${budget.budget_id}?`}
      action="Delete budget"
      busy={remove.isPending}
      error={remove.error}
      testid="delete-budget"
      onConfirm={() =>
        remove.mutate(undefined, {
          onSuccess: () => {
            toast.success(`${budget.budget_id} is deleted.`);
            onDeleted();
          },
        })
      }
    >
      <p>
        A budget that something refers to stays: take it from those first. Nothing else is lost, and nobody's limits
        change.
      </p>
    </Confirm>
  );
}
