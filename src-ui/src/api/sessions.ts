// Sessions: the runs of a client, with what each came to. Money is nano-dollars, times are UTC milliseconds.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { call } from "./http";
import type { components } from "./schema.gen";

/** One run of a client with one key: a name that two keys use is two rows. */
export type SessionRow = components["schemas"]["ClientSession"];
export type SessionPage = components["schemas"]["ClientSessionPage"];

export interface SessionFilter {
  search?: string;
  project?: string;
}

/** As the log's filter names it. */
export const keyOf = ({ key_id }: Pick<SessionRow, "key_id">) => key_id ?? "administrator";

const getSessions = (filter: SessionFilter, before: string | null, limit = 100) =>
  call("GET", "/console/sessions", { query: { limit, before: before ?? undefined, ...filter } });

const OFTEN = 10_000;

/** Last used first. The first page follows what happens; once further ones are read, the list stands still. */
export const useSessions = (filter: SessionFilter) =>
  useInfiniteQuery({
    queryKey: ["sessions", filter],
    queryFn: ({ pageParam }) => getSessions(filter, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: 0,
    refetchInterval: ({ state }) => (state.data && state.data.pages.length > 1 ? false : OFTEN),
  });

/** Those of one name, with one key or with any. */
export const useSessionsNamed = (session: string, key: string | undefined) =>
  useQuery({
    queryKey: ["sessions", "named", session, key],
    queryFn: () =>
      getSessions({ search: session }, null).then(({ sessions }) =>
        sessions.filter((row) => row.session === session && (key === undefined || keyOf(row) === key)),
      ),
    staleTime: 0,
    refetchInterval: OFTEN,
  });
