import { expect, test } from "vitest";
import type { FullKey } from "@/api/governance-keys";
import { noLimits } from "@/features/limits/limits";
import { changeOf, draftOf, emptyKey, formOf, type KeyForm } from "./key-form";
import { keyState, kindOf } from "./key-state";
import { SNIPPETS } from "./snippets";

const form: KeyForm = { ...emptyKey(), key_alias: " ci ", duration: "30d" };
const limits = (change: Partial<KeyForm["limits"]>) => ({ limits: { ...form.limits, ...change } });

const row = {
  token: "hash",
  key_alias: "ci",
  key_name: "sk-...abcd",
  models: ["demo"],
  allowed_routes: ["llm_api_routes"],
  spend: 1,
  max_budget: 5,
  soft_budget: 4,
  budget_duration: "1mo",
  rpm_limit: null,
  tpm_limit: null,
  max_parallel_requests: null,
  model_max_budget: {},
  model_rpm_limit: { demo: 3 },
  model_tpm_limit: {},
  budget_id: "interns",
  user_id: "ada",
  team_id: null,
  organization_id: null,
  aliases: { fast: "demo" },
  keep_bodies_days: null,
  redact: [],
  redact_patterns: [],
  tags: ["a", "b"],
  metadata: { tags: ["a", "b"], model_rpm_limit: { demo: 3 }, enforced_params: ["user"], project: "x" },
  auto_rotate: false,
  rotation_interval: null,
  expires: null,
  blocked: false,
} as Partial<FullKey> as FullKey;

test("a name alone is a key: nothing else is sent", () => {
  expect(draftOf({ ...emptyKey(), key_alias: " ci " })).toEqual({ draft: { key_alias: "ci" }, problems: {} });
});

test("a full form is sent whole", () => {
  const { draft, problems } = draftOf({
    ...form,
    ...limits({ max_budget: "$2.50", soft_budget: "2", rpm_limit: "1,000" }),
    models: ["demo"],
    user_id: "ada",
    kind: "llm_api",
    tags: "a, b,, a",
    metadata: '{"project": "x"}',
    auto_rotate: true,
  });
  expect(problems).toEqual({});
  expect(draft).toEqual({
    key_alias: "ci",
    duration: "30d",
    models: ["demo"],
    max_budget: 2.5,
    soft_budget: 2,
    budget_duration: "1mo",
    rpm_limit: 1000,
    user_id: "ada",
    allowed_routes: ["llm_api_routes"],
    tags: ["a", "b"],
    metadata: { project: "x" },
    auto_rotate: true,
    rotation_interval: "90d",
  });
});

test("a row comes back as it was, and then nothing is sent", () => {
  expect(changeOf(formOf(row), row)).toEqual({ draft: {}, problems: {} });
});

test("what is taken away is sent as nothing, what stays is not sent", () => {
  const before = formOf(row);
  const { draft } = changeOf(
    { ...before, models: [], user_id: undefined, budget_id: "", kind: "", tags: "", duration: "-1" },
    row,
  );
  expect(draft).toEqual({ models: [], user_id: null, budget_id: null, allowed_routes: [], tags: [], duration: "-1" });
  expect(changeOf({ ...before, limits: noLimits() }, row).draft).toEqual({
    max_budget: null,
    soft_budget: null,
    budget_duration: null,
    model_rpm_limit: {},
  });
});

test("metadata that is replaced takes tags and enforced parameters along", () => {
  const { draft } = changeOf({ ...formOf(row), metadata: '{"project":"y"}' }, row);
  expect(draft).toEqual({ metadata: { project: "y", tags: ["a", "b"], enforced_params: ["user"] } });
});

test("a budget is raised for a while, until a time", () => {
  const now = Date.UTC(2026, 0, 1);
  const { draft } = changeOf({ ...formOf(row), temp_budget_increase: "3", temp_budget_expiry: "1d" }, row, now);
  expect(draft).toEqual({ temp_budget_increase: 3, temp_budget_expiry: "2026-01-02T00:00:00.000Z" });
});

test("paths that are one of the kinds have its name", () => {
  expect(kindOf([])).toBe("");
  expect(kindOf(["info_routes"])).toBe("read_only");
  expect(kindOf(["/v1/*"])).toBe("custom");
  expect(kindOf(["llm_api_routes", "/key/info"])).toBe("custom");
});

test.each([
  ["key_alias", { key_alias: "  " }],
  ["max_budget", limits({ max_budget: "abc" })],
  ["max_budget", limits({ max_budget: "-1" })],
  ["rpm_limit", limits({ rpm_limit: "1.5" })],
  ["metadata", { metadata: "[1]" }],
  ["metadata", { metadata: "{" }],
  ["allowed_routes", { kind: "custom", allowed_routes: " " }],
  ["rotation_interval", { auto_rotate: true, rotation_interval: "often" }],
] as const)("%s is checked", (field, change) => expect(draftOf({ ...form, ...change }).problems[field]).toMatch(/\w/));

test("blocked wins over expired, expired over near its end", () => {
  const now = Date.UTC(2026, 0, 1);
  const key = { blocked: null, expires: null, spend: 0, max_budget: null } as FullKey;
  expect(keyState(key, now)).toBeNull();
  expect(keyState({ ...key, expires: "2026-01-03T00:00:00Z" }, now)?.word).toBe("expires in 2 days");
  expect(keyState({ ...key, expires: "2025-12-31T00:00:00Z" }, now)?.word).toMatch(/^expired/);
  expect(keyState({ ...key, blocked: true, expires: "2025-12-31T00:00:00Z" }, now)?.word).toBe("blocked");
  expect(keyState({ ...key, spend: 5, max_budget: 5 }, now)?.word).toBe("budget spent");
  const more = { temp_budget_increase: 1, temp_budget_expiry: "2026-01-02T00:00:00Z" };
  expect(keyState({ ...key, spend: 5, max_budget: 5, ...more }, now)).toBeNull();
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

test("other names of models are sent whole where one differs", () => {
  const known = formOf(row);
  expect(changeOf({ ...known, aliases: [...known.aliases, { name: "", model: "" }] }, row).draft).toEqual({});
  const more = { ...known, aliases: [...known.aliases, { name: "smart", model: "openai/gpt-5" }] };
  expect(changeOf(more, row).draft).toEqual({ aliases: { fast: "demo", smart: "openai/gpt-5" } });
  expect(changeOf({ ...known, aliases: [] }, row).draft).toEqual({ aliases: {} });
});
