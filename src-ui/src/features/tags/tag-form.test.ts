import { expect, test } from "vitest";
import type { TagRow } from "@/api/contract";
import { isOnlySeen, noTag, tagChange, tagDraft, tagFormOf } from "./tag-form";

const row = {
  name: "batch",
  description: "Nightly",
  models: ["d1"],
  budget_id: null,
  litellm_budget_table: {
    is_own: true,
    max_budget: 5,
    budget_duration: "1mo",
    model_max_budget: {},
    model_rpm_limit: { demo: 3 },
  },
} as unknown as TagRow;

test("a tag is the word that requests carry", () => {
  expect(tagDraft(noTag()).problems.name).toMatch(/\w/);
  expect(tagDraft({ ...noTag(" batch "), description: "Nightly" }).draft).toEqual({
    name: "batch",
    description: "Nightly",
  });
});

test("a named budget takes the place of limits of its own", () => {
  const limits = { ...noTag().limits, max_budget: "5" };
  expect(tagDraft({ ...noTag("batch"), budget_id: "b", limits }).draft).toEqual({ name: "batch", budget_id: "b" });
  const named = { ...row, budget_id: "b", litellm_budget_table: { ...row.litellm_budget_table!, is_own: false } };
  expect(tagFormOf(named)).toMatchObject({ budget_id: "b", limits: { max_budget: "" } });
  // One that was made for it alone is no named budget.
  expect(tagFormOf({ ...row, budget_id: "0195" })).toMatchObject({ budget_id: "", limits: { max_budget: "5" } });
});

test("only what differs is sent, and rates by model stay", () => {
  const before = tagFormOf(row);
  expect(before.limits.models).toMatchObject([{ model: "demo", rpm: "3" }]);
  expect(tagChange(before, before).change).toEqual({});
  const form = { ...before, description: "", models: [], limits: { ...before.limits, max_budget: "6" } };
  expect(tagChange(form, before).change).toEqual({ description: null, models: [], max_budget: 6 });
});

test("what requests carry and nobody spoke of has no description of its own", () => {
  const seen = { ...row, models: null, description: "Seen in requests only." };
  expect(isOnlySeen(seen)).toBe(true);
  expect(tagFormOf(seen).description).toBe("");
});
