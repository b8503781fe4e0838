import { expect, test } from "vitest";
import {
  limitChange,
  limitDraft,
  limitsOf,
  noLimits,
  noModelLimit,
  parseCount,
  parseDollars,
  rateWords,
} from "./limits";

const row = {
  max_budget: 60,
  soft_budget: 40,
  budget_duration: "30d",
  rpm_limit: 1000,
  tpm_limit: null,
  max_parallel_requests: null,
  model_max_budget: { "openai/gpt-5": { max_budget: 5, budget_duration: "1d", rpm_limit: null, tpm_limit: null } },
  model_rpm_limit: { "openai/gpt-5": 10, demo: 3 },
};

test("what is left empty is not sent, and a period without a budget means nothing", () => {
  expect(limitDraft({ ...noLimits(), budget_duration: "1d" })).toEqual({ draft: {}, problems: {} });
});

test("a row comes back as it was", () => {
  expect(limitDraft(limitsOf(row)).draft).toEqual({
    max_budget: 60,
    soft_budget: 40,
    budget_duration: "30d",
    rpm_limit: 1000,
    model_max_budget: { "openai/gpt-5": { max_budget: 5, budget_duration: "1d" } },
    model_rpm_limit: { demo: 3, "openai/gpt-5": 10 },
  });
  expect(limitChange(limitsOf(row), limitsOf(row))).toEqual({ change: {}, problems: {} });
});

test("small amounts stay what they are", () => {
  expect(limitsOf({ max_budget: 1e-7 }).max_budget).toBe("0.0000001");
  expect(limitDraft(limitsOf({ max_budget: 1e-7 })).draft.max_budget).toBe(1e-7);
});

test("only what differs is sent: null for what is taken away", () => {
  const before = limitsOf(row);
  expect(limitChange({ ...before, soft_budget: "", rpm_limit: "5" }, before).change).toEqual({
    soft_budget: null,
    rpm_limit: 5,
  });
  expect(limitChange({ ...before, max_budget: "", soft_budget: "" }, before).change).toEqual({
    max_budget: null,
    soft_budget: null,
    budget_duration: null,
  });
});

test("each kind of limits by model is replaced as a whole, and left alone otherwise", () => {
  const before = limitsOf(row);
  const [demo] = before.models;
  expect(limitChange({ ...before, models: [demo!] }, before).change).toEqual({
    model_max_budget: {},
    model_rpm_limit: { demo: 3 },
  });
  const dearer = before.models.map((line) => (line.budget ? { ...line, budget: "6" } : line));
  expect(limitChange({ ...before, models: dearer }, before).change).toEqual({
    model_max_budget: { "openai/gpt-5": { max_budget: 6, budget_duration: "1d" } },
  });
});

test("zero is a limit, not none", () => {
  expect(limitDraft({ ...noLimits(), max_budget: "0", rpm_limit: "0" }).draft).toEqual({ max_budget: 0, rpm_limit: 0 });
});

test.each([
  ["max_budget", { max_budget: "five" }],
  ["max_budget", { max_budget: "-1" }],
  ["max_budget", { max_budget: "9000001" }],
  ["soft_budget", { max_budget: "5", soft_budget: "6" }],
  ["rpm_limit", { rpm_limit: "1.5" }],
  ["max_parallel_requests", { max_parallel_requests: "-2" }],
  ["models.0.model", { models: [{ ...noModelLimit(), rpm: "1" }] }],
  ["models.0.budget", { models: [{ ...noModelLimit(), model: "demo" }] }],
  ["models.1.model", { models: [1, 2].map(() => ({ ...noModelLimit(), model: "demo", rpm: "1" })) }],
] as const)("%s is checked", (field, change) =>
  expect(limitDraft({ ...noLimits(), ...change } as never).problems[field]).toMatch(/\w/),
);

test("numbers are read as people type them", () => {
  expect(parseDollars(" $1,250.50 ")).toBe(1250.5);
  expect(parseDollars(".5")).toBe(0.5);
  expect(parseCount("400_000")).toBe(400_000);
  expect(parseCount("1 000")).toBe(1000);
  expect(parseDollars("")).toBeUndefined();
});

test("rates in a few words", () => {
  expect(rateWords(row, String)).toBe("1000 requests/min");
  expect(rateWords({}, String)).toBe("");
});
