import { Trash2 } from "lucide-react";
import { useState } from "react";
import type { BudgetRow } from "@/api/contract";
import { updateBudget } from "@/api/people";
import { MenuItem } from "@/components/menu";
import { Fact, Facts, Section } from "@/components/page";
import { ResourceDrawer } from "@/components/resource-drawer";
import { EditForm } from "@/features/forms/edit-form";
import { useBudgets } from "@/features/limits/budget-field";
import { LimitFields } from "@/features/limits/limit-fields";
import { LimitFacts } from "@/features/limits/usage";
import { useModelOptions } from "@/features/limits/use-model-options";
import { makerName } from "@/features/people/names";
import { dollars } from "@/lib/money";
import { period } from "@/lib/period";
import { fullTime } from "@/lib/time";
import { DeleteBudget } from "./budget-dialogs";
import { BUDGET_FIELDS, budgetChange, budgetFormOf } from "./budget-form";
import { UsedBy } from "./used-by";

export function BudgetDrawer({ id, onClose }: { id: string | undefined; onClose: () => void }) {
  const budgets = useBudgets();
  const models = useModelOptions();
  const budget = budgets.data?.find(({ budget_id }) => budget_id === id);
  const [deleting, setDeleting] = useState(false);
  return (
    <ResourceDrawer
      open={id !== undefined}
      onClose={onClose}
      title={id ?? ""}
      label="Parts of the budget"
      testid="budget-drawer"
      loading={budgets.isPending}
      error={budget ? null : (budgets.error ?? (budgets.data && `There is no budget ${id}.`))}
      onRetry={() => void budgets.refetch()}
      menu={
        budget && (
          <MenuItem danger data-testid="budget-delete" onSelect={() => setDeleting(true)}>
            <Trash2 aria-hidden className="size-4" /> Delete
          </MenuItem>
        )
      }
      tabs={
        budget
          ? [
              { id: "about", label: "About", content: <About budget={budget} /> },
              {
                id: "settings",
                label: "Settings",
                content: (
                  <EditForm
                    current={budgetFormOf(budget)}
                    changeOf={budgetChange}
                    save={(change) => updateBudget({ budget_id: budget.budget_id, ...change }).then(budgetFormOf)}
                    topics={["budgets", "keys", "users", "teams", "organizations", "customers"]}
                    fields={BUDGET_FIELDS}
                    name={budget.budget_id}
                    testid="budget"
                  >
                    {({ form, onChange, error }) => (
                      <>
                        <p className="text-muted">What changes here changes for whoever refers to it, at once.</p>
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
                  </EditForm>
                ),
              },
            ]
          : []
      }
    >
      {deleting && budget && (
        <DeleteBudget
          budget={budget}
          onClose={() => setDeleting(false)}
          onDeleted={() => {
            setDeleting(false);
            onClose();
          }}
        />
      )}
    </ResourceDrawer>
  );
}

const none = <span className="text-faint">no limit</span>;

function About({ budget }: { budget: BudgetRow }) {
  return (
    <>
      <Section title="Limits of whoever refers to it">
        <Facts>
          <Fact name="Budget">{budget.max_budget === null ? none : dollars(budget.max_budget)}</Fact>
          {budget.soft_budget !== null && <Fact name="Warns at">{dollars(budget.soft_budget)}</Fact>}
          <Fact name="Resets">
            {budget.budget_duration ? `every ${period(budget.budget_duration).replace(/^an? /, "")}` : "never"}
          </Fact>
        </Facts>
        <div className="mt-1.5">
          <LimitFacts row={budget} />
        </div>
      </Section>
      <Section title="Used by">
        <UsedBy budget={budget.budget_id} />
      </Section>
      <Section title="Made">
        <Facts>
          <Fact name="By">{makerName(budget.created_by)}</Fact>
          <Fact name="At">{fullTime(budget.created_at)}</Fact>
          <Fact name="Changed">{fullTime(budget.updated_at)}</Fact>
        </Facts>
      </Section>
    </>
  );
}
