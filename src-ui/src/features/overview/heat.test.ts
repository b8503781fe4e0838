import { expect, test } from "vitest";
import type { CalendarDay } from "@/api/spend";
import { weekday } from "@/lib/days";
import { calendarGrid } from "./heat";

const day = (date: string, cost_nanos: number): CalendarDay => ({
  date,
  cost_nanos,
  covered_nanos: 0,
  requests: 1,
  tokens: 1,
});
const cost = (of: CalendarDay) => of.cost_nanos;

test("weeks begin on Monday and the last day is today, also in a leap year", () => {
  for (const today of ["2026-11-27", "2028-02-29", "2027-01-01", "2026-11-29"]) {
    const { cells, weeks, first, months } = calendarGrid([], today, cost);
    expect(weekday(first)).toBe(0);
    expect(cells.at(-1)!.day).toBe(today);
    expect(cells.every((cell) => cell.row === weekday(cell.day))).toBe(true);
    expect(weeks).toBeLessThanOrEqual(54);
    // What the gateway knows of: 371 days.
    expect(cells.length).toBeLessThanOrEqual(373);
    expect(months.length).toBeGreaterThanOrEqual(11);
    for (const [index, month] of months.slice(1).entries()) expect(month.week - months[index]!.week).toBeGreaterThan(2);
  }
});

test("shades are quarters of the days that were used, whatever one of them cost", () => {
  const days = [1, 2, 3, 1_000_000].map((of, index) => day(`2026-11-0${index + 1}`, of));
  const { byDay } = calendarGrid(days, "2026-11-27", cost);
  expect(days.map(({ date }) => byDay.get(date)!.level)).toEqual([1, 2, 3, 4]);
  expect(byDay.get("2026-11-20")!.level).toBe(0);
});

test("days that are all alike are alike, and one of no cost is shown as none", () => {
  const days = [5, 5, 5, 0].map((of, index) => day(`2026-11-0${index + 1}`, of));
  const { byDay } = calendarGrid(days, "2026-11-27", cost);
  expect(days.map(({ date }) => byDay.get(date)!.level)).toEqual([1, 1, 1, 0]);
});
