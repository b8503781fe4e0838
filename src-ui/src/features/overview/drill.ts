// From a figure to the requests that it is made of.

import type { RequestFilter } from "@/api/log";
import type { By } from "@/api/spend";

/** What the log calls a group. */
const FILTER = {
  model: "model",
  provider: "provider",
  key: "key_id",
  tool: "client",
  user: "user_id",
  team: "team_id",
  organization: "organization_id",
  project: "project",
  end_user: "end_user",
} as const satisfies Record<By, keyof RequestFilter>;

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
