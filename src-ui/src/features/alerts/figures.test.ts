import { expect, test } from "vitest";
import { figuresOf } from "./figures";

test("a budget leads to its thing, an unusual hour to its requests", () => {
  expect(
    figuresOf({ kind: "budget", data: { level: "team", id: "t-1", spent_nanos: 8, budget_nanos: 10 } }),
  ).toMatchObject({ used: 8, most: 10, thing: { level: "team", id: "t-1" } });
  const since = "2026-11-27T09:00:00Z";
  const spike = { of: "key", id: "k-1", since, spent_nanos: 8, bound_nanos: 3 };
  const from = Date.parse(since);
  expect(figuresOf({ kind: "spend_spike", data: spike })?.requests).toEqual({
    key_id: "k-1",
    from,
    to: from + 3_600_000,
  });
  expect(figuresOf({ kind: "spend_spike", data: { ...spike, of: "total", id: "" } })?.requests).toEqual({
    from,
    to: from + 3_600_000,
  });
});

test("what cannot be read is left to the words", () => {
  expect(figuresOf({ kind: "budget", data: {} })).toBeNull();
  expect(figuresOf({ kind: "provider_limit", data: { used: "many" } })).toBeNull();
});
