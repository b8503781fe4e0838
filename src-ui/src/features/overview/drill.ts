// From a figure to the requests that it is made of.

import type { RequestFilter } from "@/api/routes";
import type { By } from "@/api/spend";

/** What the log calls a group; nothing for those that it cannot be narrowed to, such as people and teams. */
const FILTER: Partial<Record<By, "model" | "provider" | "key_id" | "client">> = {
  model: "model",
  provider: "provider",
  key: "key_id",
  tool: "client",
};

export interface Span {
  start: number;
  end: number;
}

/** The log's filter. A group without an id is the rest of them, one with an empty id what named none. */
export function logFilter(by: By, id: string | null | undefined, span?: Span): RequestFilter {
  const name = FILTER[by];
  return {
    ...(name && id && { [name]: id }),
    ...(span && { from: span.start, to: span.end }),
  };
}

/** Whether its requests can be told apart in the log. */
export const canDrill = (by: By, id: string | null) => FILTER[by] !== undefined && Boolean(id);
