// A list of which only the pages in sight are read: ten thousand rows cost as much as fifty, and what an event makes stale is read
// anew where one is looking.
import { useQueries } from "@tanstack/react-query";
import { useCallback, useRef, useState } from "react";
import type { Topic } from "./contract";

export const PAGE = 50;

export interface PagedRows<Row> {
  /** As many as there are in all; `undefined` where they are not read yet. */
  rows: (Row | undefined)[];
  total: number;
  /** Nothing was ever read. */
  loading: boolean;
  error: unknown;
  retry: () => void;
  onRange: (first: number, last: number) => void;
}

/** The pages that these places are on, the first being 1. */
export function pagesOf(first: number, last: number, size = PAGE): number[] {
  const from = Math.floor(Math.max(0, first) / size) + 1;
  const to = Math.floor(Math.max(0, last) / size) + 1;
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

interface Answer<Row> {
  rows: Row[];
  total: number;
}

export function usePaged<Row>(
  topic: Topic | "audit",
  filter: Record<string, unknown>,
  read: (page: number, size: number) => Promise<Answer<Row>>,
): PagedRows<Row> {
  const [range, setRange] = useState<[number, number]>([0, 0]);
  const pages = pagesOf(...range);
  const results = useQueries({
    queries: pages.map((page) => ({
      queryKey: [topic, "page", filter, page],
      queryFn: () => read(page, PAGE),
    })),
  });
  const onRange = useCallback((first: number, last: number) => {
    setRange((known) => (known[0] === first && known[1] === last ? known : [first, last]));
  }, []);

  // What was shown stays until something newer is there: nothing jumps while one types or scrolls.
  const shown = useRef<{ key: string; rows: (Row | undefined)[] } | null>(null);
  const key = JSON.stringify(filter);
  const total = results.find((result) => result.data)?.data?.total;
  if (total !== undefined) {
    const kept = shown.current?.key === key && shown.current.rows.length === total ? shown.current.rows : null;
    const rows: (Row | undefined)[] = kept ? [...kept] : Array.from({ length: total });
    for (const [index, page] of pages.entries()) {
      for (const [at, row] of (results[index]?.data?.rows ?? []).entries()) {
        const place = (page - 1) * PAGE + at;
        if (place < total) rows[place] = row;
      }
    }
    shown.current = { key, rows };
  }
  const failed = results.find((result) => result.error && !result.data);
  return {
    rows: shown.current?.rows ?? [],
    total: shown.current?.rows.length ?? 0,
    loading: shown.current === null && !failed,
    error: failed?.error ?? null,
    retry: () => {
      for (const result of results) if (result.error) void result.refetch();
    },
    onRange,
  };
}
