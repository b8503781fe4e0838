import { expect, test } from "vitest";
import type { RequestRow } from "@/api/contract";
import { canTell, matches, merge } from "./match";

const row = {
  id: "0197-a",
  key_id: "k1",
  key_name: "laptop",
  model_requested: "smart",
  model_group: "smart",
  upstream_model: "gpt-5",
  provider: "openai",
  outcome: "error",
  client: "claude-cli",
  error_kind: "upstream",
  error_message: "The provider answered 500",
  status: 500,
  tags: ["night"],
  user_id: "u-ada",
  project: "postern",
  billing: "api",
  cost_nanos: null,
} as RequestRow;

test.each([
  {},
  { status: "error" },
  { model: "smart" },
  { model: "gpt-5" },
  { provider: "openai", key_id: "k1", client: "claude-cli" },
  { search: "ANSWERED 5" },
  { search: "0197" },
  { http_status: 500, tag: "night", user_id: "u-ada", project: "postern", billing: "api", unpriced: true },
] as const)("%j keeps the row", (filter) => expect(matches(row, filter)).toBe(true));

test.each([
  { status: "ok" },
  { model: "gpt" },
  { provider: "anthropic" },
  { key_id: "k2" },
  { search: "absent" },
  { http_status: 502 },
  { tag: "day" },
  { team_id: "t-research" },
  { unpriced: false },
  { status: "error", search: "absent" },
] as const)("%j drops the row", (filter) => expect(matches(row, filter)).toBe(false));

test("a row is listed once, whether it came live, stored or both ways", () => {
  const [a, b, c] = ["a", "b", "c"].map((id) => ({ ...row, id })) as [RequestRow, RequestRow, RequestRow];
  expect(merge([c, b], [b, a]).map(({ id }) => id)).toEqual(["c", "b", "a"]);
  const stored = [b, a];
  expect(merge([b], stored)).toBe(stored);
});

test("what a row does not say cannot be judged as it arrives", () => {
  expect([canTell({ project: "x" }), canTell({ q: "invoice" }), canTell({ organization_id: "o" })]).toEqual([
    true,
    false,
    false,
  ]);
});
