import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { RequestRow } from "@/api/contract";
import { useEventFeed } from "@/api/events";
import { getRequests, type RequestFilter } from "@/api/log";
import { canTell, matches, merge } from "./match";

// What arrived live, shown or waiting. Beyond this the ledger is read anew: dropping some would leave a gap.
const MOST_LIVE = 2000;
// Of what is rare a page has few rows or none, and says how far back it looked. So many more are looked for before the reader is
// asked to scroll.
const ENOUGH = 30;

interface Live {
  /** The filter it was gathered under. */
  of: string;
  shown: RequestRow[];
  waiting: RequestRow[];
  /** Rows were missed: the list has to be read anew. */
  gap: boolean;
  /** Of a list that is not live: so many may have to be in it. */
  unread: number;
}

const none = (of: string): Live => ({ of, shown: [], waiting: [], gap: false, unread: 0 });

/**
 * The ledger, newest first: stored pages below, what arrives live above. While `held` (the reader scrolled down or
 * paused) arrivals wait, so that nothing moves under the pointer.
 */
export function useRequestLog(filter: RequestFilter, held: boolean) {
  const { watchRequests } = useEventFeed();
  const client = useQueryClient();
  const identity = JSON.stringify(filter);
  const [state, setState] = useState<Live>(() => none(identity));
  const live = state.of === identity ? state : none(identity);

  const stored = useInfiniteQuery({
    queryKey: ["requests", filter],
    queryFn: ({ pageParam }) => getRequests(filter, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: Number.POSITIVE_INFINITY,
    // What happened while nobody looked is not in an old copy.
    gcTime: 0,
  });

  // biome-ignore lint/correctness/useExhaustiveDependencies: identity stands for the filter
  useEffect(() => {
    const change = (step: (old: Live) => Live) => setState((old) => step(old.of === identity ? old : none(identity)));
    return watchRequests({
      arrived(rows) {
        const fitting = rows.filter((row) => matches(row, filter));
        if (fitting.length === 0) return;
        // Whether it belongs there cannot be told: the list is read anew when somebody asks for it.
        if (!canTell(filter)) return change((old) => ({ ...old, unread: old.unread + fitting.length }));
        change((old) => {
          const next = held
            ? { ...old, waiting: [...fitting, ...old.waiting] }
            : { ...old, shown: [...fitting, ...old.shown] };
          return next.waiting.length + next.shown.length > MOST_LIVE ? { ...next, gap: true } : next;
        });
      },
      missed: () => change((old) => (canTell(filter) ? { ...old, gap: true } : old)),
    });
  }, [watchRequests, identity, held]);

  // A gap is closed by reading from the top, but never under the eyes of somebody who scrolled away from it.
  const { gap } = live;
  // biome-ignore lint/correctness/useExhaustiveDependencies: identity stands for the filter
  useEffect(() => {
    if (!gap || held) return;
    setState(none(identity));
    void client.resetQueries({ queryKey: ["requests", filter], exact: true });
  }, [gap, held, client, identity]);

  const release = useCallback(() => {
    setState((old) =>
      old.of !== identity || old.waiting.length === 0
        ? old
        : { ...old, shown: [...old.waiting, ...old.shown], waiting: [] },
    );
  }, [identity]);

  // From the top, and no further: what was scrolled through before may be a lot.
  // biome-ignore lint/correctness/useExhaustiveDependencies: identity stands for the filter
  const refresh = useCallback(() => {
    setState(none(identity));
    const queryKey = ["requests", filter];
    client.setQueryData<typeof stored.data>(
      queryKey,
      (old) => old && { pages: old.pages.slice(0, 1), pageParams: old.pageParams.slice(0, 1) },
    );
    void client.refetchQueries({ queryKey, exact: true });
  }, [client, identity]);

  const storedRows = useMemo(() => stored.data?.pages.flatMap((page) => page.requests) ?? [], [stored.data]);
  const rows = useMemo(() => merge(live.shown, storedRows), [live.shown, storedRows]);
  const fresh = useMemo(() => new Set(live.shown.map((row) => row.id)), [live.shown]);
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = stored;
  const goal = useRef({ of: identity, rows: ENOUGH });
  if (goal.current.of !== identity) goal.current = { of: identity, rows: ENOUGH };
  const more = useCallback(() => {
    goal.current.rows = storedRows.length + ENOUGH;
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [storedRows.length, hasNextPage, isFetchingNextPage, fetchNextPage]);
  const lookedTo = stored.data?.pages.at(-1)?.looked_to ?? null;
  const lookingFurther =
    lookedTo !== null && hasNextPage && !isFetchNextPageError && storedRows.length < goal.current.rows;
  useEffect(() => {
    if (lookingFurther && !isFetchingNextPage) void fetchNextPage();
  }, [lookingFurther, isFetchingNextPage, fetchNextPage]);

  return {
    rows,
    isFresh: (row: RequestRow) => fresh.has(row.id),
    waiting: live.waiting.length,
    release,
    more,
    hasMore: hasNextPage,
    loadingMore: isFetchingNextPage,
    /** Nothing was found between then and the last row so far, and older ones are being read. */
    lookingBackTo: lookingFurther ? lookedTo : null,
    loading: stored.isPending,
    error: stored.error,
    live: canTell(filter),
    unread: live.unread,
    readAt: stored.dataUpdatedAt,
    reading: stored.isRefetching && !stored.isFetchingNextPage,
    refresh,
    retry: () => void stored.refetch(),
  };
}
