import type { Forecast, ForecastPoint } from "@/api/forecast";
import type { Spend } from "@/api/spend";
import { type Day, dayOf, monthEnd, monthStart } from "@/lib/days";
import type { Ahead } from "./plot";
import { daysOf } from "./words";

/**
 * The days from tomorrow to the end of the month, for a chart whose last day is today and which shows the month's days. A
 * forecast tells sums since the month began; a day's part is what each sum grows by.
 */
export function daysAhead(spend: Spend | undefined, forecast: Forecast | null | undefined): readonly Ahead[] {
  if (!spend || !forecast || forecast.total.low_nanos === null || spend.bucket !== "day") return [];
  const today = dayOf(Date.now(), spend.tz);
  const [first, last] = daysOf(spend);
  const month = spend.range === "30d" || first === monthStart(today);
  if (!month || last !== today) return [];
  const points = forecast.points.filter(({ date }) => date >= today && date <= monthEnd(today));
  return points.slice(1).map((point, index) => growth(points[index]!, point));
}

function growth(before: ForecastPoint, point: ForecastPoint): Ahead {
  const read = (of: ForecastPoint, name: "low_nanos" | "expected_nanos" | "high_nanos") =>
    of[name] ?? of.expected_nanos;
  const part = (name: Parameters<typeof read>[1]) => Math.max(0, read(point, name) - read(before, name));
  const expected = part("expected_nanos");
  return {
    start: noon(point.date),
    expected,
    low: Math.min(expected, part("low_nanos")),
    high: Math.max(expected, part("high_nanos")),
  };
}

/** A moment that is in this day in any zone a few hours around: for naming it only. */
const noon = (day: Day) => Date.parse(`${day}T12:00:00Z`);
