// What was spent, over time and by whom: the answers of `/console/spend` and its neighbours, and one function for each. Money is
// nano-dollars, times are UTC milliseconds.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { Totals } from "./contract";
import { ApiError, call, query, send } from "./http";
import { timeZone } from "./routes";
import type { components } from "./schema.gen";

type Schemas = components["schemas"];

export const RANGES = ["today", "7d", "30d", "90d", "365d"] as const satisfies Range[];
export type Range = Schemas["SpendRange"];
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

export type { Totals };
/** With a null id: the rest, summed up; with an empty one: what named none of the kind. */
export type Group = Schemas["SpendGroup"];
/** The costliest group first; every slot, empty ones too, each beside that of the compared period. */
export type Spend = Omit<Schemas["Spend"], "by"> & { by: By };
export type CalendarDay = Schemas["CalendarDay"];
export type BudgetUse = Schemas["RunningBudget"];

export const getSpend = (period: Period, by: By) =>
  send("GET", `/console/spend${query({ ...period, by, tz: timeZone })}`) as Promise<Spend>;
export const getCalendar = () => call("GET", "/console/spend/calendar", { query: { tz: timeZone } });
export const getBudgetUse = () => call("GET", "/console/spend/budgets").then((answer) => answer.budgets);

const LIVE: Period["range"][] = ["today", "7d", "30d"];

/** Read anew with every request that comes in, as long as that is little work. */
export const useSpend = (period: Period, by: By) =>
  useQuery({
    queryKey: [LIVE.includes(period.range) ? "overview" : "spend", period, by],
    queryFn: () => getSpend(period, by),
    placeholderData: keepPreviousData,
    refetchInterval: LIVE.includes(period.range) ? 60_000 : 20_000,
  });

/**
 * What there was of a kind in the last days, to choose from. It is asked for once somebody wants to choose, and then known for
 * a while: a menu is no reason to sum up the ledger at every look.
 */
export const useSpendGroups = (by: By, wanted: boolean) =>
  useQuery({
    queryKey: ["spend groups", by],
    queryFn: () => getSpend({ range: "30d" }, by).then(({ groups }) => groups.filter(({ id }) => id)),
    enabled: wanted,
    staleTime: 300_000,
  });

/** What was spent, for what stands further down, where a moment later is soon enough. */
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
