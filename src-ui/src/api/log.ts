// The log of requests: what it can be narrowed to, and how it is read.

import type { RequestRow } from "./contract";
import { call, query } from "./http";
import type { operations } from "./schema.gen";

export const BILLINGS = ["api", "subscription", "local"] as const satisfies RequestRow["billing"][];
export const OUTCOMES = ["ok", "error", "cancelled"] as const satisfies RequestRow["outcome"][];

type Asked = NonNullable<operations["get_console_requests"]["parameters"]["query"]>;

/** Of the parameters those that narrow; two of them know few words. `q` finds words of requests and answers that are kept. */
export interface RequestFilter extends Omit<Asked, "before" | "limit" | "status" | "billing"> {
  status?: (typeof OUTCOMES)[number];
  billing?: (typeof BILLINGS)[number];
}

export const getRequests = (filter: RequestFilter, before: string | null, limit = 100) =>
  call("GET", "/console/requests", { query: { limit, before: before ?? undefined, ...filter } });
/** Where the same as a file comes from. */
export const exportPath = (format: "csv" | "jsonl", filter: RequestFilter) =>
  `/console/requests/export${query({ format, ...filter })}`;
export const getRequest = (id: string) => call("GET", "/console/requests/{id}", { path: { id } });
