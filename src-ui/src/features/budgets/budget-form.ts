import type { BudgetDraft, BudgetRow } from "@/api/contract";
import type { Problems } from "@/features/forms/use-form";
import { LIMIT_FIELDS, type LimitForm, limitChange, limitDraft, limitsOf, noLimits } from "@/features/limits/limits";
import { isEmpty } from "@/lib/change";

export interface BudgetForm {
  budget_id: string;
  limits: LimitForm;
}
export const BUDGET_FIELDS = ["budget_id", ...LIMIT_FIELDS];
export const noBudget = (): BudgetForm => ({ budget_id: "", limits: { ...noLimits(), budget_duration: "1mo" } });
export const budgetFormOf = (row: BudgetRow): BudgetForm => ({ budget_id: row.budget_id, limits: limitsOf(row) });

export function budgetDraft(form: BudgetForm): { draft: BudgetDraft; problems: Problems } {
  const { draft, problems } = limitDraft(form.limits);
  const budget_id = form.budget_id.trim();
  if (budget_id === "") problems.budget_id = "Its name, by which others refer to it.";
  if (isEmpty(draft) && Object.keys(problems).length === 0) problems.max_budget = "At least one limit.";
  return { draft: { budget_id, ...draft }, problems };
}

export const budgetChange = (form: BudgetForm, before: BudgetForm) => {
  const { change, problems } = limitChange(form.limits, before.limits);
  const said: BudgetDraft = change;
  return { change: said, problems };
};
