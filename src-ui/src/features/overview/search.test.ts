import { expect, test } from "vitest";
import { overviewSearch, periodOf } from "./search";

test("days win over a range, in their order, and what makes no sense is left out", () => {
  const both = overviewSearch({ range: "7d", from: "2026-11-20", to: "2026-11-01", by: "tool", metric: "nothing" });
  expect(both).toMatchObject({ range: undefined, from: "2026-11-01", to: "2026-11-20", by: "tool", metric: undefined });
  expect(periodOf(both)).toEqual({ from: "2026-11-01", to: "2026-11-20" });
  expect(periodOf(overviewSearch({ from: "2026-02-30", to: "2026-03-01" }))).toEqual({ range: "today" });
  expect(periodOf(overviewSearch({ range: "12d" }))).toEqual({ range: "today" });
});

test("to compare with nothing is not asked of the gateway", () => {
  expect(periodOf(overviewSearch({ range: "30d", compare: "none" }))).toEqual({ range: "30d" });
  expect(periodOf(overviewSearch({ range: "30d", compare: "2025-11-01" }))).toEqual({
    range: "30d",
    compare: "2025-11-01",
  });
  expect(overviewSearch({ compare: "last year" }).compare).toBeUndefined();
});
