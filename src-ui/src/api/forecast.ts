// What will have been spent at the end of the month. Money is nano-dollars.
import { useQuery } from "@tanstack/react-query";
import { query, send } from "./http";
import { orNull } from "./spend";

/** What is spent from the first of the month until the end of a day. */
export interface ForecastPoint {
  date: string;
  low_nanos: number;
  expected_nanos: number;
  high_nanos: number;
}

/** A budget of a key or a team. */
export interface BudgetForecast {
  of: "key" | "team";
  /** A key's hash, or a team's id. */
  id: string;
  budget_nanos: number;
  spent_nanos: number;
  reset_at: string | null;
  /** Null where it lasts until it starts anew, or where that cannot be said. */
  used_up_on: string | null;
}

export interface Forecast {
  /** "2026-11": of the gateway's own time zone, as are its days. */
  month: string;
  timezone: string;
  /** Of a hundred months so many are meant to end between low and high. */
  coverage_percent: number;
  total: {
    /** In this month so far. */
    spent_nanos: number;
    expected_nanos: number;
    /** Both null where there are too few days to say. */
    low_nanos: number | null;
    high_nanos: number | null;
    /** Whole days that it is made from. */
    basis_days: number;
  };
  /** Every day of the month. */
  points: ForecastPoint[];
  budgets: BudgetForecast[];
}

const getForecast = () => orNull(send("GET", `/console/forecast${query({ by: "total" })}`) as Promise<Forecast>);

/** Null: there is none. */
export const useForecast = () =>
  useQuery({ queryKey: ["forecast"], queryFn: getForecast, staleTime: 60_000, refetchInterval: 300_000 });
