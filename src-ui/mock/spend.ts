// What was spent, by slot and group, over a year: the ledger's requests, and before them a year that only these routes know.
import type { BudgetUse, By, CalendarDay, Group, Spend, Totals } from "../src/api/spend.ts";
import { makeRequest } from "./ledger.ts";
import { seeded } from "./random.ts";
import { Refusal, type Route } from "./refusal.ts";
import { sum } from "./totals.ts";
import type { World } from "./world.ts";

type Row = World["ledger"][number];
const [HOUR, DAY] = [3_600_000, 86_400_000];
const MOST_GROUPS = 100;

const years = new WeakMap<World, Row[]>();

/** Oldest first. */
function rowsOf(world: World): Row[] {
  let year = years.get(world);
  if (!year) {
    year = [];
    const random = seeded(371);
    const oldest = world.ledger.at(-1)?.started_at;
    for (let at = world.now - 340 * DAY; oldest !== undefined && at < oldest; at += HOUR * 6 * random.next()) {
      const away = Math.floor((world.now - at) / DAY) % 97 < 12;
      if (!away) year.push(makeRequest(Math.floor(at), random, world.keys.slice(0, 6)));
    }
    years.set(world, year);
  }
  return [...year, ...world.ledger.toReversed()];
}

const days = new Map<string, Intl.DateTimeFormat>();

export function dayOf(at: number, tz: string) {
  let format = days.get(tz);
  if (!format) {
    format = new Intl.DateTimeFormat("en-CA", { timeZone: tz, year: "numeric", month: "2-digit", day: "2-digit" });
    days.set(tz, format);
  }
  return format.format(at);
}

/** When a day begins in a zone. */
function startOf(day: string, tz: string) {
  const utc = Date.parse(`${day}T00:00:00Z`);
  const shown = (at: number) => {
    const text = new Intl.DateTimeFormat("en-CA", {
      timeZone: tz,
      hourCycle: "h23",
      dateStyle: "short",
      timeStyle: "medium",
    });
    return Date.parse(`${text.format(at).replace(", ", "T")}Z`);
  };
  const guess = utc - (shown(utc) - utc);
  return guess - (shown(guess) - utc);
}

export const plusDays = (day: string, days: number) =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);

function groupOf(world: World, by: By, row: Row): [id: string, name: string] {
  const key = world.keys.find(({ key_id }) => key_id === row.key_id);
  switch (by) {
    case "model": {
      // Where there is much of everything, of models, too.
      const more = world.scenario === "many" ? `-${row.id.charCodeAt(30) % 14}` : "";
      return [`${row.model_group}${more}`, `${row.model_group}${more}`];
    }
    case "provider":
      return [row.provider ?? "", row.provider ?? "none"];
    case "key":
      return [row.key_id ?? "administrator", row.key_name];
    case "tool":
      return [row.client, row.client];
    case "user": {
      const user = world.people.users.find(({ user_id }) => user_id === key?.user_id);
      return [user?.user_id ?? "", user?.user_alias ?? user?.user_email ?? user?.user_id ?? "none"];
    }
    case "team": {
      const team = world.people.teams.find(({ team_id }) => team_id === key?.team_id);
      return [team?.team_id ?? "", team?.team_alias ?? "none"];
    }
    case "organization": {
      const id = key?.organization_id ?? "";
      const of = world.people.organizations.find(({ organization_id }) => organization_id === id);
      return [id, of?.organization_alias ?? id];
    }
    case "project":
      return [row.project ?? "", row.project ?? ""];
    case "end_user":
      return [row.end_user ?? "", row.end_user ?? ""];
  }
}

const RANGE_DAYS: Record<string, number> = { today: 1, "7d": 7, "30d": 30, "90d": 90, "365d": 365 };

function spend(world: World, query: URLSearchParams): Spend {
  const tz = query.get("tz") ?? "UTC";
  const by = (query.get("by") ?? "model") as By;
  const range = query.get("from") ? null : ((query.get("range") ?? "today") as NonNullable<Spend["range"]>);
  const today = dayOf(Date.now(), tz);
  const last = query.get("to") ?? today;
  const first = query.get("from") ?? plusDays(today, 1 - RANGE_DAYS[range!]!);
  const days = Math.round((Date.parse(last) - Date.parse(first)) / DAY) + 1;
  if (days < 1 || days > 800) throw new Refusal(400, "invalid_date", "at most 800 days at once", "from");
  const bucket = days <= 2 ? "hour" : "day";
  const before = query.get("compare") ?? plusDays(first, -days);
  const rows = rowsOf(world);
  const now = slotsOf(rows, first, days, tz, bucket);
  const compared = slotsOf(rows, before, days, tz, bucket);

  const names = new Map<string, string>();
  const byGroup = new Map<string, Row[]>();
  for (const row of now.all) {
    const [id, name] = groupOf(world, by, row);
    names.set(id, name);
    const of = byGroup.get(id);
    if (of) of.push(row);
    else byGroup.set(id, [row]);
  }
  const costliest = [...byGroup]
    .map(([id, of]) => ({ id, name: names.get(id)!, totals: sum(of) }))
    .sort((a, b) => b.totals.cost_nanos - a.totals.cost_nanos || b.totals.requests - a.totals.requests);
  const own = costliest.slice(0, MOST_GROUPS);
  const place = new Map(own.map(({ id }, index) => [id, index]));
  const rest = costliest.slice(MOST_GROUPS).flatMap(({ id }) => byGroup.get(id)!);
  const groups: Group[] = rest.length ? [...own, { id: null, name: "others", totals: sum(rest) }] : own;
  return {
    range,
    tz,
    from: now.from,
    to: now.to,
    bucket,
    by,
    totals: sum(now.all),
    compared: {
      from: compared.from,
      to: compared.to,
      totals: sum(compared.all),
      slots: compared.slots.map(({ start, rows }) => ({ start, totals: sum(rows) })),
    },
    groups,
    slots: now.slots.map(({ start, rows }) => {
      const parts = new Map<number, Row[]>();
      for (const row of rows) {
        const at = place.get(groupOf(world, by, row)[0]) ?? own.length;
        parts.set(at, [...(parts.get(at) ?? []), row]);
      }
      const of = [...parts].map(([group, rows]) => ({ group, ...short(sum(rows)) }));
      return { start, totals: sum(rows), groups: of };
    }),
  };
}

const short = ({ cost_nanos, requests, input_tokens, output_tokens }: Totals) => ({
  cost_nanos,
  requests,
  tokens: input_tokens + output_tokens,
});

function slotsOf(rows: Row[], first: string, days: number, tz: string, bucket: "hour" | "day") {
  const [from, to] = [startOf(first, tz), startOf(plusDays(first, days), tz)];
  const starts: number[] = [];
  if (bucket === "hour") for (let at = from; at < to; at += HOUR) starts.push(at);
  else for (let day = 0; day < days; day++) starts.push(startOf(plusDays(first, day), tz));
  const slots = starts.map((start) => ({ start, rows: [] as Row[] }));
  const all = rows.filter((row) => row.started_at >= from && row.started_at < to);
  let slot = 0;
  for (const row of all) {
    while (slot + 1 < slots.length && row.started_at >= slots[slot + 1]!.start) slot++;
    slots[slot]!.rows.push(row);
  }
  return { from, to, all, slots };
}

export function calendar(world: World, tz: string): CalendarDay[] {
  const days = new Map<string, Row[]>();
  for (const row of rowsOf(world)) {
    const day = dayOf(row.started_at, tz);
    const of = days.get(day);
    if (of) of.push(row);
    else days.set(day, [row]);
  }
  return [...days].map(([date, rows]) => {
    const totals = sum(rows);
    return { date, covered_nanos: totals.covered_nanos, ...short(totals) };
  });
}

const nanos = (dollars: number | null | undefined) => (dollars == null ? null : Math.round(dollars * 1e9));

export function budgets(world: World): BudgetUse[] {
  const { teams, users } = world.people;
  interface Spender {
    spend: number;
    max_budget: number | null;
    soft_budget?: number | null;
    budget_reset_at?: string | null;
  }
  const of = (level: string, id: string, name: string | null, row: Spender): BudgetUse[] =>
    row.max_budget === null
      ? []
      : [
          {
            level,
            id,
            name: name ?? id,
            model: null,
            spent_nanos: nanos(row.spend)!,
            reserved_nanos: level === "api_key" ? 120_000_000 : 0,
            max_budget_nanos: nanos(row.max_budget)!,
            soft_budget_nanos: nanos(row.soft_budget),
            resets_at: row.budget_reset_at ?? null,
          },
        ];
  const wide: BudgetUse[] =
    world.keys.length === 0
      ? []
      : [
          {
            level: "model_per_team",
            id: "t-research",
            name: "Research",
            model: "openai/gpt-5",
            spent_nanos: 31_400_000_000,
            reserved_nanos: 0,
            max_budget_nanos: 50_000_000_000,
            soft_budget_nanos: null,
            resets_at: new Date(world.now + 3 * DAY).toISOString(),
          },
          {
            level: "proxy",
            id: "",
            name: "all requests",
            model: null,
            spent_nanos: 305_200_000_000,
            reserved_nanos: 240_000_000,
            max_budget_nanos: 500_000_000_000,
            soft_budget_nanos: 400_000_000_000,
            resets_at: new Date(world.now + 4 * DAY).toISOString(),
          },
        ];
  return [
    ...wide,
    ...world.keys.slice(0, 40).flatMap((row) => of("api_key", row.token, row.key_alias ?? row.key_name, row)),
    ...users.slice(0, 20).flatMap((row) => of("user", row.user_id, row.user_alias ?? row.user_email, row)),
    ...teams.slice(0, 20).flatMap((row) => of("team", row.team_id, row.team_alias, row)),
  ]
    .sort((a, b) => b.spent_nanos / b.max_budget_nanos - a.spent_nanos / a.max_budget_nanos)
    .slice(0, 20);
}

export const SPEND_ROUTES: Route[] = [
  ["GET", /^\/console\/spend$/, ({ world, query }) => spend(world, query)],
  [
    "GET",
    /^\/console\/spend\/calendar$/,
    ({ world, query }) => ({ tz: query.get("tz"), days: calendar(world, query.get("tz") ?? "UTC") }),
  ],
  ["GET", /^\/console\/spend\/budgets$/, ({ world }) => ({ budgets: budgets(world) })],
];
