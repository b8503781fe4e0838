import { expect, test } from "vitest";
import type { KeyRow } from "@/api/contract";
import { draftOf, type KeyForm } from "./key-form";
import { keyState } from "./key-state";
import { SNIPPETS } from "./snippets";

const form: KeyForm = {
  name: " ci ",
  expiry: "30d",
  models: [],
  budget: "",
  period: "30d",
  rpm: "",
  tpm: "",
  parallel: "",
};

test("what is left empty is not sent, and a period without a budget means nothing", () => {
  const { draft, problems } = draftOf(form);
  expect(problems).toEqual({});
  expect(JSON.parse(JSON.stringify(draft))).toEqual({ key_alias: "ci", duration: "30d" });
});

test("a full form is sent whole", () => {
  const { draft, problems } = draftOf({
    ...form,
    models: ["demo"],
    budget: "$2.50",
    rpm: "1,000",
    tpm: "50000",
    parallel: "4",
  });
  expect(problems).toEqual({});
  expect(draft).toMatchObject({
    models: ["demo"],
    max_budget: 2.5,
    budget_duration: "30d",
    rpm_limit: 1000,
    tpm_limit: 50000,
    max_parallel_requests: 4,
  });
});

test.each([
  ["name", { name: "  " }],
  ["budget", { budget: "abc" }],
  ["budget", { budget: "0" }],
  ["budget", { budget: "-1" }],
  ["rpm", { rpm: "1.5" }],
  ["parallel", { parallel: "0" }],
] as const)("%s is checked", (field, change) => expect(draftOf({ ...form, ...change }).problems[field]).toMatch(/\w/));

test("blocked wins over expired, expired over near its end", () => {
  const now = Date.UTC(2026, 0, 1);
  const row = { blocked: null, expires: null, spend: 0, max_budget: null } as KeyRow;
  expect(keyState(row, now)).toBeNull();
  expect(keyState({ ...row, expires: "2026-01-03T00:00:00Z" }, now)?.word).toBe("expires in 2 days");
  expect(keyState({ ...row, expires: "2025-12-31T00:00:00Z" }, now)?.word).toMatch(/^expired/);
  expect(keyState({ ...row, blocked: true, expires: "2025-12-31T00:00:00Z" }, now)?.word).toBe("blocked");
  expect(keyState({ ...row, spend: 5, max_budget: 5 }, now)?.word).toBe("budget spent");
});

test("every snippet carries the base URL and the key", () => {
  for (const snippet of SNIPPETS) {
    const code = snippet.code({ baseUrl: "http://127.0.0.1:4000", key: "sk-test", model: "demo" });
    expect(code, snippet.id).toContain("http://127.0.0.1:4000");
    expect(code, snippet.id).toContain("sk-test");
  }
});

test("the snippets for Anthropic's format do not add /v1, which their clients do themselves", () => {
  for (const id of ["anthropic", "claude-code"]) {
    const code = SNIPPETS.find((snippet) => snippet.id === id)!.code({ baseUrl: "http://h", key: "k", model: "m" });
    expect(code).not.toContain("/v1");
  }
});
