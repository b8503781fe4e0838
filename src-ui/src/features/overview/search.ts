import { useNavigate, useSearch } from "@tanstack/react-router";
import { BYS, type By, type Period, RANGES, type Range } from "@/api/spend";
import { isDay } from "@/lib/days";
import { METRICS, type Metric } from "./series";

/** Everything that decides what the page shows, so that a view can be linked and reloaded. */
export interface OverviewSearch {
  range?: Range;
  /** First and last day; they win over a range. */
  from?: string;
  to?: string;
  by?: By;
  metric?: Metric;
  /** First day of the compared period, or that nothing is compared. */
  compare?: string;
}

const oneOf = <T extends string>(value: unknown, allowed: readonly T[]) =>
  allowed.includes(value as T) ? (value as T) : undefined;

/** What makes no sense is left out: a link that is old or mistyped still opens the page. */
export function overviewSearch(said: Record<string, unknown>): OverviewSearch {
  const days = isDay(said.from) && isDay(said.to) ? [said.from, said.to].sort() : [];
  return {
    range: days.length ? undefined : oneOf(said.range, RANGES),
    from: days[0],
    to: days[1],
    by: oneOf(said.by, BYS),
    metric: oneOf(said.metric, METRICS),
    compare: said.compare === "none" || isDay(said.compare) ? (said.compare as string) : undefined,
  };
}

/** What the gateway is asked for. It always compares: not to show it is the page's own matter. */
export function periodOf({ range, from, to, compare }: OverviewSearch): Period {
  const compared = compare && compare !== "none" ? { compare } : {};
  return from && to ? { from, to, ...compared } : { range: range ?? "today", ...compared };
}

/** What the page shows now, and how to change a part of it. */
export function useOverviewSearch() {
  const search: OverviewSearch = useSearch({ from: "/" });
  const navigate = useNavigate();
  const change = (part: OverviewSearch) => void navigate({ to: "/", search: { ...search, ...part } });
  return {
    search,
    change,
    /** To other days. A compared period of one's own belongs to those that it was chosen for. */
    toDays: (days: Pick<OverviewSearch, "range" | "from" | "to">) =>
      change({
        range: undefined,
        from: undefined,
        to: undefined,
        ...days,
        compare: search.compare === "none" ? "none" : undefined,
      }),
  };
}
