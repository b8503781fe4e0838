import { expect, test } from "vitest";
import { budgetChange, budgetDraft, noBudget } from "./budget-form";

test("a budget has a name and at least one limit", () => {
  expect(budgetDraft(noBudget()).problems.budget_id).toMatch(/\w/);
  expect(budgetDraft({ ...noBudget(), budget_id: "b" }).problems.max_budget).toMatch(/\w/);
});

test("what was said is sent", () => {
  const form = { ...noBudget(), budget_id: " interns ", limits: { ...noBudget().limits, max_budget: "20" } };
  expect(budgetDraft(form)).toEqual({
    draft: { budget_id: "interns", max_budget: 20, budget_duration: "1mo" },
    problems: {},
  });
  expect(budgetChange({ ...form, limits: { ...form.limits, max_budget: "30" } }, form).change).toEqual({
    max_budget: 30,
  });
});
