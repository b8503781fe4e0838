// From a figure to the requests that it is made of.

import type { RequestFilter } from "@/api/log";
import type { By } from "@/api/spend";

/** What the log calls a group. */
const FILTER: Record<By, "model" | "provider" | "key_id" | "client" | "user_id" | "team_id"> = {
  model: "model",
  provider: "provider",
  key: "key_id",
  tool: "client",
  user: "user_id",
  team: "team_id",
};

export interface Span {
  start: number;
  end: number;
}

/** The log's filter. A group without an id is the rest of them, one with an empty id what named none. */
export function logFilter(by: By, id: string | null | undefined, span?: Span): RequestFilter {
  const name = FILTER[by];
  return {
    ...(id && { [name]: id }),
    ...(span && { from: span.start, to: span.end }),
  };
}

/** Whether its requests can be told apart in the log. */
export const canDrill = (id: string | null) => Boolean(id);
