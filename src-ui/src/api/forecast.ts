// What will have been spent at the end of the month. Money is nano-dollars.
import { useQuery } from "@tanstack/react-query";
import { call } from "./http";
import type { components } from "./schema.gen";
import { orNull } from "./spend";

type Schemas = components["schemas"];

/** Of the gateway's own time zone, as are its days. Where there are too few days to say, nothing is low or high. */
export type Forecast = Schemas["MonthForecast"];
/** What is spent from the first of the month until the end of a day. */
export type ForecastPoint = Schemas["ForecastPoint"];
/** A budget of a key or a team. `used_up_on` is null where it lasts until it starts anew, or where that cannot be said. */
export type BudgetForecast = Schemas["BudgetForecast"];

const getForecast = () => orNull(call("GET", "/console/forecast", { query: { by: "total" } }));

/** Null: there is none. */
export const useForecast = () =>
  useQuery({ queryKey: ["forecast"], queryFn: getForecast, staleTime: 60_000, refetchInterval: 300_000 });
