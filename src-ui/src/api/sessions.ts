// Sessions: the runs of a client, with what each came to. Money is nano-dollars, times are UTC milliseconds.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { Totals } from "./contract";
import { query, send } from "./http";

export interface SessionRow {
  session: string;
  project: string | null;
  client: string;
  /** Model, provider and key are those of its first request. */
  model: string;
  provider: string;
  /** Null: the administrator's. */
  key_id: string | null;
  key_name: string;
  user_id: string | null;
  team_id: string | null;
  first_at: number;
  last_at: number;
  totals: Totals;
}

export interface SessionPage {
  sessions: SessionRow[];
  next: string | null;
}

export interface SessionFilter {
  search?: string;
  project?: string;
}

const getSessions = (filter: SessionFilter, before: string | null, limit = 100) =>
  send("GET", `/console/sessions${query({ limit, before, ...filter })}`) as Promise<SessionPage>;

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

/** One by its name; null where there is none of that name. */
export const useSessionOf = (session: string) =>
  useQuery({
    queryKey: ["sessions", "one", session],
    queryFn: () =>
      getSessions({ search: session }, null, 20).then(
        ({ sessions }) => sessions.find((row) => row.session === session) ?? null,
      ),
    staleTime: 0,
    refetchInterval: OFTEN,
  });
