import { useInfiniteQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useState } from "react";
import type { RequestRow } from "@/api/contract";
import { useEventFeed } from "@/api/events";
import { getRequests, type RequestFilter } from "@/api/routes";
import { matches, merge } from "./match";

// Rows held back while the list is paused; beyond this the list is read anew instead.
const MOST_WAITING = 2000;

/**
 * The ledger, newest first: stored pages below, what arrives live above. While `held` (the reader scrolled down or
 * paused) arrivals wait, so that nothing moves under the pointer.
 */
export function useRequestLog(filter: RequestFilter, held: boolean) {
  const { onRequest } = useEventFeed();
  const identity = JSON.stringify(filter);
  const [live, setLive] = useState<{ of: string; rows: RequestRow[] }>({ of: identity, rows: [] });
  const [waiting, setWaiting] = useState<{ of: string; rows: RequestRow[] }>({ of: identity, rows: [] });

  const stored = useInfiniteQuery({
    queryKey: ["requests", filter],
    queryFn: ({ pageParam }) => getRequests(filter, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: Infinity,
    // What happened while nobody looked is not in an old copy.
    gcTime: 0,
  });

  // biome-ignore lint/correctness/useExhaustiveDependencies: identity stands for the filter
  useEffect(
    () =>
      onRequest((row) => {
        if (!matches(row, filter)) return;
        const add = (old: { of: string; rows: RequestRow[] }) => ({
          of: identity,
          rows: [row, ...(old.of === identity ? old.rows : [])].slice(0, MOST_WAITING),
        });
        if (held) setWaiting(add);
        else setLive(add);
      }),
    [onRequest, identity, held],
  );

  const release = useCallback(() => {
    const held = waiting.of === identity ? waiting.rows : [];
    if (held.length === 0) return;
    setLive((old) => ({ of: identity, rows: [...held, ...(old.of === identity ? old.rows : [])] }));
    setWaiting({ of: identity, rows: [] });
  }, [waiting, identity]);

  const storedRows = useMemo(() => stored.data?.pages.flatMap((page) => page.requests) ?? [], [stored.data]);
  const liveRows = live.of === identity ? live.rows : EMPTY;
  const rows = useMemo(() => merge(liveRows, storedRows), [liveRows, storedRows]);
  const fresh = useMemo(() => new Set(liveRows.map((row) => row.id)), [liveRows]);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = stored;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);

  return {
    rows,
    isFresh: (row: RequestRow) => fresh.has(row.id),
    waiting: waiting.of === identity ? waiting.rows.length : 0,
    release,
    more,
    hasMore: hasNextPage,
    loadingMore: isFetchingNextPage,
    loading: stored.isPending,
    error: stored.error,
    retry: () => void stored.refetch(),
  };
}

const EMPTY: RequestRow[] = [];
