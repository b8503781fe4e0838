// What people were told of: budgets, unusual spend, limits of providers. Read as it happens, and which were seen is kept here.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { useAccess } from "./access";
import type { AlertEntry, AlertPage } from "./contract";
import { call } from "./http";
import { orNull } from "./spend";

const PAGE = 50;

const getAlerts = (before: string | null): Promise<AlertPage> =>
  call("GET", "/console/alerts", { query: { limit: PAGE, before: before ?? undefined } });

/** The newest, of whoever may see any; null to others. */
export const useNewestAlerts = () => {
  const enabled = useAccess().may("GET /console/events");
  return useQuery({ queryKey: ["alerts", "newest"], queryFn: () => orNull(getAlerts(null)), enabled });
};

/** All of them, page by page. */
export const useAlerts = () =>
  useInfiniteQuery({
    queryKey: ["alerts", "all"],
    queryFn: ({ pageParam }) => getAlerts(pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

// Ids begin with their time, so that one of them says which are older. Of no importance to anybody else: it stays on this device.
const SLOT = "postern.alerts.seen";
const listeners = new Set<() => void>();

const seen = () => localStorage.getItem(SLOT) ?? "";

export function setSeen(id: string) {
  if (id <= seen()) return;
  localStorage.setItem(SLOT, id);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  window.addEventListener("storage", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", listener);
  };
}

/** The newest alert that was seen, empty for none. */
export const useSeen = () => useSyncExternalStore(subscribe, seen);

/** How many are newer than the one that was seen last, in words that are short enough for a bell. */
export function unseenOf(page: AlertPage | null | undefined, last: string): { count: number; word: string } {
  const count = page?.alerts.filter(({ id }) => id > last).length ?? 0;
  const more = count > 0 && count === page?.alerts.length && page.next !== null;
  return { count, word: more ? `${count}+` : String(count) };
}

export type { AlertEntry };
