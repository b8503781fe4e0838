// What was spent, over time and by whom: the answers of `/console/spend` and its neighbours, and one function for each. Money is
// nano-dollars, times are UTC milliseconds.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { Totals as Counted, Overview } from "./contract";
import { ApiError, query, send } from "./http";
import { timeZone } from "./routes";

export const RANGES = ["today", "7d", "30d", "90d", "365d"] as const;
export type Range = (typeof RANGES)[number];
export const BYS = ["model", "provider", "key", "tool", "user", "team", "organization", "project", "end_user"] as const;
export type By = (typeof BYS)[number];

/** A range that ends today, or days from the first to the last; and what to compare it with. */
export interface Period {
  range?: Range;
  from?: string;
  to?: string;
  /** First day of the compared period; absent: the one just before. */
  compare?: string;
}

export type Totals = Counted & {
  /** What requests within a flat rate would have cost. Nobody pays it: it is not in `cost_nanos`. */
  covered_nanos: number;
  covered_requests: number;
};

export interface Group {
  /** Null: the rest, summed up. */
  id: string | null;
  name: string;
  totals: Totals;
}

export interface Slot {
  start: number;
  totals: Totals;
  /** `group` is a position in the answer's groups. */
  groups: { group: number; cost_nanos: number; requests: number; tokens: number }[];
}

export interface Spend {
  range: Range | null;
  tz: string;
  from: number;
  to: number;
  bucket: Overview["bucket"];
  by: By;
  totals: Totals;
  /** Slot by slot beside those of the period. */
  compared: { from: number; to: number; totals: Totals; slots: { start: number; totals: Totals }[] };
  /** The costliest first. */
  groups: Group[];
  /** Every one, empty ones too. */
  slots: Slot[];
}

export interface CalendarDay {
  date: string;
  cost_nanos: number;
  covered_nanos: number;
  requests: number;
  tokens: number;
}

export interface BudgetUse {
  level: string;
  id: string;
  name: string;
  /** Of one model only. */
  model: string | null;
  spent_nanos: number;
  reserved_nanos: number;
  max_budget_nanos: number;
  soft_budget_nanos: number | null;
  /** RFC 3339. */
  resets_at: string | null;
}

const get = (path: string, parameters: object) => send("GET", path + query({ ...parameters }));

export const getSpend = (period: Period, by: By) =>
  get("/console/spend", { ...period, by, tz: timeZone }) as Promise<Spend>;
export const getCalendar = () =>
  get("/console/spend/calendar", { tz: timeZone }) as Promise<{ tz: string; days: CalendarDay[] }>;
export const getBudgetUse = () =>
  (get("/console/spend/budgets", {}) as Promise<{ budgets: BudgetUse[] }>).then((answer) => answer.budgets);

const LIVE: Period["range"][] = ["today", "7d", "30d"];

/** Read anew with every request that comes in, as long as that is little work. */
export const useSpend = (period: Period, by: By) =>
  useQuery({
    queryKey: [LIVE.includes(period.range) ? "overview" : "spend", period, by],
    queryFn: () => getSpend(period, by),
    placeholderData: keepPreviousData,
    refetchInterval: LIVE.includes(period.range) ? 60_000 : 20_000,
  });

/** The same for what stands further down, where a moment later is soon enough. */
export const useSpendBeside = (period: Period, by: By, enabled: boolean, every = 20_000) =>
  useQuery({
    queryKey: ["spend", period, by],
    queryFn: () => getSpend(period, by),
    placeholderData: keepPreviousData,
    refetchInterval: every,
    enabled,
  });

/** To whom a part is closed, or whose gateway has none, there is nothing to show, which is no failure. */
export const orNull = <T>(answer: Promise<T>) =>
  answer.catch((error: unknown) => {
    if (error instanceof ApiError && (error.status === 404 || error.status === 403)) return null;
    throw error;
  });

// A year of days is not read anew for each request that comes in.
const SLOW = { staleTime: 60_000, refetchInterval: 120_000 };

export const useCalendar = () =>
  useQuery({ queryKey: ["spend calendar"], queryFn: () => orNull(getCalendar()), ...SLOW });
export const useBudgetUse = () =>
  useQuery({ queryKey: ["budgets", "use"], queryFn: () => orNull(getBudgetUse()), refetchInterval: 60_000 });
