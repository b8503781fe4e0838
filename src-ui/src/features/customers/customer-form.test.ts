import { expect, test } from "vitest";
import type { CustomerRow } from "@/api/contract";
import { customerChange, customerDraft, customerFormOf, noCustomer } from "./customer-form";

const row = {
  user_id: "c1",
  alias: "Acme",
  default_model: null,
  allowed_model_region: null,
  budget_id: null,
  litellm_budget_table: { budget_id: null, is_own: true, max_budget: 5, budget_duration: "1mo", model_max_budget: {} },
} as unknown as CustomerRow;

test("a customer has the id that requests name", () => {
  expect(customerDraft(noCustomer()).problems.user_id).toMatch(/\w/);
  expect(customerDraft({ ...noCustomer(), user_id: "c1", alias: "Acme" }).draft).toEqual({
    user_id: "c1",
    alias: "Acme",
  });
});

test("a named budget takes the place of limits of one's own", () => {
  const limits = { ...noCustomer().limits, max_budget: "5" };
  expect(customerDraft({ ...noCustomer(), user_id: "c1", budget_id: "b", limits }).draft).toEqual({
    user_id: "c1",
    budget_id: "b",
  });
  const table = row.litellm_budget_table!;
  const named = { ...row, budget_id: "b", litellm_budget_table: { ...table, is_own: false } };
  expect(customerFormOf(named).budget_id).toBe("b");
  expect(customerFormOf(named).limits.max_budget).toBe("");
});

test("only what differs is sent", () => {
  const before = customerFormOf(row);
  expect(customerChange(before, before).change).toEqual({});
  expect(
    customerChange({ ...before, alias: "", limits: { ...before.limits, max_budget: "6" } }, before).change,
  ).toEqual({ alias: null, max_budget: 6 });
});
