import { expect, test } from "vitest";
import type { AuditEntry } from "@/api/contract";
import { difference, show, summary } from "./difference";
import { placeOf, thingName } from "./words";

const entry = (before: object | null, after: object | null, more: Partial<AuditEntry> = {}) =>
  ({
    id: "1",
    action: "updated",
    object_type: "key",
    object_id: "k-1",
    changed_by: "default_user_id",
    before_value: before,
    updated_values: after,
    ...more,
  }) as AuditEntry;

const key = { key_alias: "laptop", blocked: 0, max_budget_nanos: 5e9, metadata: { project: "x" }, models: [] };

test("only what differs is told, in people's units", () => {
  const change = entry(key, { ...key, max_budget_nanos: 7.5e9, blocked: 1, updated_at: 2 });
  expect(difference(change)).toEqual([
    { path: "blocked", name: "Blocked", before: "no", after: "yes" },
    { path: "max_budget_nanos", name: "Budget", before: "$5.00", after: "$7.50" },
  ]);
  expect(summary(change)).toBe("Blocked: no → yes, and 1 more");
});

test("members within members are told one by one", () => {
  const change = entry(
    { model_limits: { demo: { rpm_limit: 3 } }, metadata: { project: "x" } },
    { model_limits: { demo: { rpm_limit: 5 } }, metadata: {} },
  );
  expect(difference(change)).toEqual([
    { path: "model_limits.demo.rpm_limit", name: "Limits by model · demo · Requests / min", before: "3", after: "5" },
    { path: "metadata.project", name: "Metadata · project", before: "x", after: null },
  ]);
});

test("of what is new or gone, that which says something", () => {
  const made = entry(null, key, { action: "created" });
  expect(difference(made).map(({ name, after }) => [name, after])).toEqual([
    ["Name", "laptop"],
    ["Budget", "$5.00"],
    ["Metadata · project", "x"],
  ]);
  expect(difference(entry(key, null, { action: "deleted" })).map(({ path }) => path)).toEqual([
    "key_alias",
    "max_budget_nanos",
    "metadata.project",
  ]);
  expect(summary(made)).toBe("");
});

test("values are shown as people read them", () => {
  expect(show("token", "ab".repeat(32))).toBe("abababababab…");
  expect(show("budget_reset_at", Date.UTC(2026, 10, 1))).toMatch(/Nov 1, 2026/);
  expect(show("budget_duration", "1mo")).toBe("month");
  expect(show("models", ["a", "b"])).toBe("a, b");
  expect(show("rpm_limit", 1000)).toBe("1,000");
  expect(show("callbacks", [{ a: 1 }])).toBe('[{"a":1}]');
  expect(show("models", [])).toBeNull();
});

test("a thing is called by its name, and leads to where it is", () => {
  expect(thingName(entry(key, null))).toBe("laptop");
  expect(thingName(entry(null, null))).toBe("k-1");
  expect(thingName(entry(null, {}, { object_type: "team_member", object_id: "red/ann" }))).toBe("ann in red");
  expect(placeOf(entry(null, { token: "t" }))).toEqual({ to: "/keys", open: "t" });
  expect(placeOf(entry(key, null, { action: "deleted" }))).toBeNull();
  expect(placeOf(entry(null, {}, { object_type: "team_member", object_id: "red/ann" }))?.open).toBe("red");
  expect(placeOf(entry(null, {}, { object_type: "listener" }))).toBeNull();
  const own = entry(null, { is_own: 1 }, { object_type: "budget", object_id: "0195" });
  expect([thingName(own), placeOf(own)]).toEqual(["Limits of one thing alone", null]);
});
