import type { CalendarDay } from "@/api/spend";
import { addDays, addMonths, type Day, daysBetween, dayText, weekday } from "@/lib/days";

/** Nothing, and four shades of use. */
export const LEVELS = 5;

export interface Cell {
  day: Day;
  week: number;
  row: number;
  level: number;
  use: CalendarDay | undefined;
}

export interface Month {
  week: number;
  name: string;
}

/** Days in whole weeks up to today, from the Monday of the week that was a year ago. */
export function calendarGrid(days: readonly CalendarDay[], today: Day, read: (day: CalendarDay) => number) {
  const uses = new Map(days.map((day) => [day.date, day]));
  const year = addMonths(today, -12);
  const first = addDays(year, -weekday(year));
  const level = levels(days.filter(({ date }) => date >= first && date <= today).map(read));
  const cells = Array.from({ length: daysBetween(first, today) + 1 }, (_, index): Cell => {
    const day = addDays(first, index);
    const use = uses.get(day);
    return { day, week: Math.floor(index / 7), row: index % 7, level: use ? level(read(use)) : 0, use };
  });
  const weeks = cells.at(-1)!.week + 1;
  // A month is named over the first week that begins in it; one too near the next would run into it.
  const months = cells.flatMap(({ day, week, row }): Month[] =>
    row === 0 && Number(day.slice(8)) <= 7 && week < weeks - 1
      ? [{ week, name: dayText(day, { month: "short" }) }]
      : [],
  );
  return { cells, weeks, months, first, byDay: new Map(cells.map((cell) => [cell.day, cell])) };
}

/** Quarters of the days that were used at all: one day that cost a hundred times as much would leave all others pale. */
function levels(values: number[]) {
  const used = values.filter((value) => value > 0).sort((a, b) => a - b);
  const bounds = [0.25, 0.5, 0.75].map((share) => used[Math.floor(used.length * share)] ?? 0);
  return (value: number) => (value <= 0 ? 0 : 1 + bounds.filter((bound) => value >= bound && bound > used[0]!).length);
}
