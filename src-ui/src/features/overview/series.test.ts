import { expect, test } from "vitest";
import type { Overview, Totals } from "@/api/contract";
import { SERIES } from "@/lib/palette";
import { change, chartData } from "./series";

const totals = (cost_nanos: number, requests = 1): Totals => ({
  requests,
  errors: 0,
  cancelled: 0,
  input_tokens: 10,
  output_tokens: 5,
  cache_read_tokens: 8,
  cache_write_tokens: 0,
  reasoning_tokens: 3,
  cost_nanos,
  unpriced_requests: 0,
  local_requests: 0,
});

const overview = (series: Overview["series"]): Overview => ({
  range: "7d",
  tz: "UTC",
  from: 0,
  to: 1,
  bucket: "day",
  totals: totals(0),
  previous: totals(0),
  series,
  models: [],
  keys: [],
  clients: [],
});

test("the largest models keep a series each, the others are summed, nothing is lost", () => {
  const models = Array.from({ length: 12 }, (_, i) => ({
    model: `m${i}`,
    provider: "p",
    totals: totals((i + 1) * 100),
  }));
  const data = chartData(
    overview([
      { start: 0, models },
      { start: 1, models: models.slice(0, 2) },
    ]),
    "spend",
  );
  expect(data.series).toHaveLength(SERIES + 1);
  expect(data.series[0]).toMatchObject({ label: "m11", total: 1200 });
  expect(data.series.at(-1)).toMatchObject({ label: "5 others", rest: true });
  expect(data.total).toBe(7800 + 300);
  expect(data.buckets.map((bucket) => bucket.total)).toEqual([7800, 300]);
});

test("one more model than colours is named, not called an other", () => {
  const models = Array.from({ length: SERIES + 1 }, (_, i) => ({
    model: `m${i}`,
    provider: "p",
    totals: totals(i + 1),
  }));
  expect(chartData(overview([{ start: 0, models }]), "spend").series.map((s) => s.rest)).not.toContain(true);
});

test("the same model at two providers is two series; free ones do not show as spend", () => {
  const models = ["a", "b", "c"].map((provider, i) => ({ model: "m", provider, totals: totals(i) }));
  expect(chartData(overview([{ start: 0, models }]), "spend").series.map((s) => s.label)).toEqual(["c/m", "b/m"]);
  expect(chartData(overview([{ start: 0, models }]), "requests").series).toHaveLength(3);
});

test("tokens count cached input and reasoning once", () => {
  const data = chartData(
    overview([{ start: 0, models: [{ model: "m", provider: "p", totals: totals(1) }] }]),
    "tokens",
  );
  expect(data.total).toBe(15);
});

test("change needs something to compare with", () => {
  expect(change(3, 2)).toBe(0.5);
  expect(change(3, 0)).toBeNull();
});
