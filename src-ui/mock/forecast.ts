// What the month will have cost, as far as that can be said.
import type { Forecast } from "../src/api/forecast.ts";
import type { Route } from "./refusal.ts";
import { budgets, calendar, dayOf, plusDays } from "./spend.ts";
import type { World } from "./world.ts";

/** The gateway's own. */
const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** As if the month went on as it began, the less sure the later. */
function forecast(world: World, tz: string): Forecast {
  const today = dayOf(Date.now(), tz);
  const first = `${today.slice(0, 8)}01`;
  const all = calendar(world, tz);
  const days = all.filter(({ date }) => date < today);
  const month = new Map(all.map(({ date, cost_nanos }) => [date, cost_nanos]));
  const recent = days.slice(-28);
  const mean = recent.reduce((total, day) => total + day.cost_nanos, 0) / Math.max(1, recent.length);
  const known = days.length >= 3;
  let [spent, expected, ahead] = [0, 0, 0];
  const points: Forecast["points"] = [];
  for (let date = first; date.slice(0, 7) === first.slice(0, 7); date = plusDays(date, 1)) {
    const cost = month.get(date) ?? 0;
    if (date <= today) spent += cost;
    const weekend = [0, 6].includes(new Date(date).getUTCDay()) ? 0.4 : 1.2;
    expected += date < today ? cost : date === today ? Math.max(cost, mean * weekend) : mean * weekend;
    if (date >= today) ahead++;
    const spread = date < today ? 0 : mean * 0.7 * Math.sqrt(ahead);
    points.push({
      date,
      low_nanos: Math.round(Math.max(spent, expected - spread * 0.6)),
      expected_nanos: Math.round(expected),
      high_nanos: Math.round(expected + spread),
    });
  }
  const end = points.at(-1)!;
  return {
    month: today.slice(0, 7),
    timezone: tz,
    coverage_percent: 80,
    by: "total",
    rows: [],
    total: {
      id: "",
      name: "",
      spent_nanos: spent,
      expected_nanos: end.expected_nanos,
      low_nanos: known ? end.low_nanos : null,
      high_nanos: known ? end.high_nanos : null,
      basis_days: Math.min(56, days.length),
    },
    points,
    budgets: budgets(world).flatMap(({ level, id, name, spent_nanos, max_budget_nanos, resets_at }) =>
      level === "team" || level === "api_key"
        ? [
            {
              of: level === "team" ? ("team" as const) : ("key" as const),
              id,
              name,
              budget_nanos: max_budget_nanos,
              spent_nanos,
              reset_at: resets_at,
              used_up_on: spent_nanos > max_budget_nanos * 0.9 ? plusDays(today, 2) : null,
            },
          ]
        : [],
    ),
  };
}

export const FORECAST_ROUTES: Route[] = [["GET", /^\/console\/forecast$/, ({ world }) => forecast(world, ZONE)]];
