import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Forecast } from "@/api/forecast";
import type { Spend } from "@/api/spend";
import { daysAhead } from "./ahead";

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse("2026-11-28T10:00:00Z") });
});
afterEach(() => {
  vi.useRealTimers();
});

const spend = (given: Partial<Spend>) =>
  ({
    range: "30d",
    tz: "UTC",
    bucket: "day",
    from: Date.parse("2026-10-30T00:00:00Z"),
    to: Date.parse("2026-11-29T00:00:00Z"),
    ...given,
  }) as Spend;
const point = (date: string, low_nanos: number, expected_nanos: number, high_nanos: number) => ({
  date,
  low_nanos,
  expected_nanos,
  high_nanos,
});
const forecast: Forecast = {
  by: "total",
  rows: [],
  month: "2026-11",
  timezone: "UTC",
  coverage_percent: 80,
  total: { id: "", name: "", spent_nanos: 90, expected_nanos: 130, low_nanos: 110, high_nanos: 170, basis_days: 20 },
  points: [
    point("2026-11-27", 80, 80, 80),
    point("2026-11-28", 92, 100, 110),
    point("2026-11-29", 100, 115, 140),
    point("2026-11-30", 110, 130, 170),
  ],
  budgets: [],
};

test("a day to come is what the month's sum grows by", () => {
  expect(daysAhead(spend({}), forecast)).toMatchObject([
    { expected: 15, low: 8, high: 30 },
    { expected: 15, low: 10, high: 30 },
  ]);
});

test("only a month that runs goes on, and only where something can be said", () => {
  const month = { range: null, from: Date.parse("2026-11-01T00:00:00Z") };
  expect(daysAhead(spend(month), forecast)).toHaveLength(2);
  expect(daysAhead(spend({ range: "7d" }), forecast)).toEqual([]);
  expect(daysAhead(spend({ ...month, to: Date.parse("2026-11-20T00:00:00Z") }), forecast)).toEqual([]);
  expect(daysAhead(spend({}), null)).toEqual([]);
  const unknown = { ...forecast, total: { ...forecast.total, low_nanos: null, high_nanos: null } };
  expect(daysAhead(spend({}), unknown)).toEqual([]);
});
