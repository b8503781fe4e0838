import type { UseQueryResult } from "@tanstack/react-query";
import { useDeferredValue, useMemo } from "react";
import type { Listing } from "@/components/resource-page";
import type { Sort } from "@/components/virtual-table";
import { sortBy } from "@/lib/sort";

/** A list that is read whole, narrowed by words and sorted here. */
export function useWhole<Row>(
  query: UseQueryResult<Row[]>,
  words: string | undefined,
  textOf: (row: Row) => string,
  sort: Sort | undefined,
  values: Record<string, (row: Row) => string | number | null>,
  keep?: (row: Row) => boolean,
): Listing<Row> {
  const wanted = useDeferredValue(words ?? "");
  const { data, error, isPending, refetch } = query;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is looked at of a row does not change
  const rows = useMemo(() => {
    const parts = wanted.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (row: Row) => {
      const text = textOf(row).toLowerCase();
      return parts.every((part) => text.includes(part)) && (keep?.(row) ?? true);
    };
    const found = (data ?? []).filter(fits);
    const value = sort && values[sort.by];
    return value ? sortBy(found, value, sort.descending) : found;
  }, [data, wanted, sort?.by, sort?.descending, keep]);
  return {
    rows,
    total: rows.length,
    loading: isPending && !error,
    error: data ? null : error,
    retry: () => void refetch(),
  };
}
