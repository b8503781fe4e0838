import { expect, test } from "vitest";
import type { Group, Spend, Totals } from "@/api/spend";
import { SERIES } from "@/lib/palette";
import { chartData } from "./series";

const totals = (cost_nanos: number, requests = 1, tokens = 15): Totals => ({
  requests,
  errors: 0,
  cancelled: 0,
  input_tokens: tokens - 5,
  output_tokens: 5,
  cache_read_tokens: 8,
  cache_write_tokens: 0,
  reasoning_tokens: 3,
  cost_nanos,
  unpriced_requests: 0,
  local_requests: 0,
  covered_nanos: 0,
  covered_requests: 0,
});
const none = new Set<string>();

/** Groups of these costs, all of it in the first of two slots. */
function spend(costs: number[], given: Partial<Group>[] = []): Spend {
  const groups = costs.map((cost, i): Group => ({ id: `m${i}`, name: `m${i}`, totals: totals(cost), ...given[i] }));
  const parts = groups.map(({ totals: of }, group) => ({
    group,
    cost_nanos: of.cost_nanos,
    requests: of.requests,
    tokens: of.input_tokens + of.output_tokens,
  }));
  return {
    range: "7d",
    tz: "UTC",
    from: 0,
    to: 20,
    bucket: "day",
    by: "model",
    totals: totals(0),
    compared: { from: -20, to: 0, totals: totals(0), slots: [{ start: -20, totals: totals(7) }] },
    groups,
    slots: [
      { start: 0, totals: totals(0), groups: parts },
      { start: 10, totals: totals(0), groups: [] },
    ],
  };
}

test("the largest groups keep a series each, the others are summed, nothing is lost", () => {
  const data = chartData(spend([1200, 1100, 1000, 900, 800, 700, 600, 500, 400, 300]), "spend", none);
  expect(data.series).toHaveLength(SERIES + 1);
  expect(data.series[0]).toMatchObject({ label: "m0", total: 1200, colour: 0 });
  expect(data.series.at(-1)).toMatchObject({ id: null, label: "3 others", total: 1200, colour: Infinity });
  expect(data.buckets.map(({ total }) => total)).toEqual([7500, 0]);
  expect(data.total).toBe(7500);
});

test("what the gateway summed up already joins the others, and their number is not claimed", () => {
  const data = chartData(spend([9, 8, 7, 6, 5, 4, 3, 2, 100], [...Array(8).fill({}), { id: null }]), "spend", none);
  expect(data.series.at(-1)).toMatchObject({ label: "Others", total: 102 });
});

test("one more than there are colours is named, not called an other", () => {
  const data = chartData(spend([8, 7, 6, 5, 4, 3, 2, 1]), "spend", none);
  expect(data.series.map(({ id }) => id)).not.toContain(null);
});

test("a colour stays with its group when the measure changes", () => {
  const costs = [100, 90, 80, 70, 60, 50, 40, 1, 0];
  const given = [...Array(8).fill({}), { totals: totals(0, 500) }];
  const colours = (metric: "spend" | "requests") =>
    Object.fromEntries(chartData(spend(costs, given), metric, none).series.map(({ id, colour }) => [id, colour]));
  expect(colours("spend")).toMatchObject({ m0: 0, m6: 6 });
  // Of all requests the most are one's that costs nothing: it comes in with the colour that is free.
  expect(colours("requests")).toMatchObject({ m0: 0, m5: 5, m8: 6 });
});

test("what is hidden is out of every sum but keeps its place and colour", () => {
  const data = chartData(spend([5, 3]), "spend", new Set(["m0"]));
  expect(data.series.map(({ hidden, colour }) => [hidden, colour])).toEqual([
    [true, 0],
    [false, 1],
  ]);
  expect(data.total).toBe(3);
  expect(data.buckets[0]).toMatchObject({ values: [5, 3], total: 3 });
});

test("two of one name are told apart by their ids", () => {
  const data = chartData(spend([5, 3], [{ name: "laptop" }, { name: "laptop" }]), "spend", none);
  expect(data.series.map(({ label }) => label)).toEqual(["laptop (m0)", "laptop (m1)"]);
});

test("a slot knows where it ends and what was in its place before", () => {
  expect(chartData(spend([1]), "spend", none).buckets).toMatchObject([
    { start: 0, end: 10, before: 7 },
    { start: 10, end: 20, before: null },
  ]);
});
