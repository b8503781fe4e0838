// The log of requests: what a row says beyond the described members, what the log can be narrowed to, and how it is read.

import { query, send } from "./http";
import type { components } from "./schema.gen";

type Schemas = components["schemas"];

/** Whose a request was, as far as anybody said. */
interface Belongs {
  project: string | null;
  session: string | null;
  tags: string[];
  user_id: string | null;
  team_id: string | null;
  end_user: string | null;
  /** What it would have cost by the token, within a flat rate; null where there is none, or no price. */
  covered_nanos: number | null;
}

export type LogRow = Schemas["RequestRow"] & Belongs;

/** One line of a request's cost. Without an amount it is not priced, and neither is the request. */
export type CostLine = Omit<Schemas["CostLine"], "cost_nanos" | "price_pico"> & {
  price_pico: number | null;
  cost_nanos: number | null;
};
export type LogDetail = Omit<Schemas["RequestDetail"], "cost_lines"> & Belongs & { cost_lines: CostLine[] };

export interface LogPage {
  requests: LogRow[];
  next: string | null;
}

export const BILLINGS = ["api", "subscription", "local"] as const;
export const OUTCOMES = ["ok", "error", "cancelled"] as const;

export interface RequestFilter {
  status?: (typeof OUTCOMES)[number];
  model?: string;
  provider?: string;
  key_id?: string;
  client?: string;
  search?: string;
  /** Words of requests and answers that are kept. */
  q?: string;
  /** From this moment on, and before that one: UTC milliseconds. */
  from?: number;
  to?: number;
  user_id?: string;
  team_id?: string;
  organization_id?: string;
  end_user?: string;
  project?: string;
  session?: string;
  tag?: string;
  endpoint?: string;
  billing?: (typeof BILLINGS)[number];
  unpriced?: boolean;
  http_status?: number;
}

const PATH = "/console/requests";

export const getRequests = (filter: RequestFilter, before: string | null, limit = 100) =>
  send("GET", PATH + query({ limit, before, ...filter })) as Promise<LogPage>;
/** Where the same as a file comes from. */
export const exportPath = (format: "csv" | "jsonl", filter: RequestFilter) =>
  `${PATH}/export${query({ format, ...filter })}`;
export const getRequest = (id: string) => send("GET", `${PATH}/${encodeURIComponent(id)}`) as Promise<LogDetail>;
