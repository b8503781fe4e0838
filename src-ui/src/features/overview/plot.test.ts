import { expect, test } from "vitest";
import { hit, niceStep, plot } from "./plot";
import type { ChartData } from "./series";

const DAY = 86_400_000;

function data(days: number, groups: number): ChartData {
  const values = Array.from({ length: groups }, (_, index) => index + 1);
  const total = values.reduce((sum, value) => sum + value, 0);
  return {
    series: values.map((value, colour) => ({
      id: `g${colour}`,
      label: `g${colour}`,
      colour,
      total: value * days,
      hidden: false,
    })),
    buckets: Array.from({ length: days }, (_, day) => ({
      start: day * DAY,
      end: (day + 1) * DAY,
      values,
      total,
      before: day,
    })),
    total: total * days,
  };
}

const WORDS = { value: String, slot: (start: number) => `Nov ${start / DAY + 1}` };
const draw = (of: ChartData, ahead: Parameters<typeof plot>[1] = [], width = 700) =>
  plot(of, ahead, { width, height: 200 }, WORDS, { whole: true, compared: true });

test("an axis ends on a round number that is not below the highest bar", () => {
  expect([0.3, 1, 2.1, 3, 7, 130].map((rough) => niceStep(rough, false))).toEqual([0.5, 1, 2.5, 5, 10, 200]);
  expect([0.3, 2.1].map((rough) => niceStep(rough, true))).toEqual([1, 3]);
  const drawn = draw(data(7, 4));
  expect(Number(drawn.ticks.at(-1)!.text)).toBeGreaterThanOrEqual(10);
  expect(drawn.ticks[0]!.y).toBe(drawn.bottom);
});

test("nothing at all still has its base line", () => {
  const empty = data(3, 0);
  const flat = draw({ ...empty, buckets: empty.buckets.map((bucket) => ({ ...bucket, before: 0 })) });
  expect(flat.ticks).toHaveLength(1);
  expect(flat.areas).toEqual([]);
});

test("a point finds its bar and the part of it, and only the bar above or beside it", () => {
  const of = data(7, 3);
  const drawn = draw(of);
  expect(hit(drawn, of, drawn.x(2), drawn.y(0.5))).toEqual({ slot: 2, series: 0 });
  expect(hit(drawn, of, drawn.x(2), drawn.y(2))).toEqual({ slot: 2, series: 1 });
  expect(hit(drawn, of, drawn.x(2), drawn.y(6.4))).toEqual({ slot: 2, series: null });
  expect(hit(drawn, of, drawn.left - 4, 50)).toBeNull();
  of.series[0]!.hidden = true;
  expect(hit(drawn, of, drawn.x(2), drawn.y(0.5))).toEqual({ slot: 2, series: 1 });
});

test("labels never overlap nor leave the chart, however many slots there are", () => {
  for (const days of [1, 2, 24, 30, 48, 90, 371]) {
    const drawn = draw(data(days, 2));
    let free = 0;
    for (const { x, text, anchor } of drawn.labels) {
      const width = text.length * 6.4;
      const begin = x - (anchor === "end" ? width : anchor === "middle" ? width / 2 : 0);
      expect(begin).toBeGreaterThanOrEqual(free);
      expect(begin + width).toBeLessThanOrEqual(drawn.right + 0.01);
      free = begin + width;
    }
    expect(drawn.labels.length).toBeGreaterThan(0);
  }
});

test("days ahead make room for themselves, and one of them is a band already", () => {
  const [without, drawn] = [draw(data(6, 2)), draw(data(6, 2), [{ start: 6 * DAY, expected: 5, low: 2, high: 30 }])];
  expect(drawn.step).toBeLessThan(without.step);
  expect(drawn.band).toMatch(/^M.*z$/);
  expect(Number(drawn.ticks.at(-1)!.text)).toBeGreaterThanOrEqual(30);
});

test("a year of eight groups is eight paths, drawn at once", () => {
  const started = performance.now();
  expect(draw(data(365, 8)).areas).toHaveLength(8);
  expect(performance.now() - started).toBeLessThan(100);
});
