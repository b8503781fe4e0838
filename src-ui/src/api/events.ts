import { useQueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useRef, useState } from "react";
import { platform } from "@/platform";
import type { Listener, RequestRow, Stale, Status, Topic } from "./contract";

export type Connection = "connecting" | "live" | "lost";

export interface RequestWatcher {
  /** Finished requests, newest first; several at once where they come fast. */
  arrived(rows: RequestRow[]): void;
  /** Some were missed: what is listed has a gap. */
  missed?(): void;
}

export interface EventFeed {
  connection: Connection;
  watchRequests(watcher: RequestWatcher): () => void;
}

export const EventFeedContext = createContext<EventFeed>({ connection: "connecting", watchRequests: () => () => {} });
export const useEventFeed = () => useContext(EventFeedContext);

// Traffic may make the overview stale hundreds of times a second; it is read again at most this often.
const COALESCE_MS = 700;
// And the list is drawn at most this often.
const BATCH_MS = 100;

// Whose spend a request raises: whole lists are read for it, so they may be a little old.
const SPENDERS: Topic[] = ["users", "teams", "organizations", "customers", "tags"];
const SPENT_MS = 4000;
// What requests alone make stale.
const OF_TRAFFIC: Topic[] = ["overview", "requests", "status"];

/** What the gateway names as stale, and what its other events make so. */
type Marked = Topic | "audit" | "alerts";

/** Follows the gateway's events: marks what is stale, and hands finished requests to whoever watches. */
export function useEventSource(open = true): EventFeed {
  const client = useQueryClient();
  const [connection, setConnection] = useState<Connection>("connecting");
  const watchers = useRef(new Set<RequestWatcher>());

  useEffect(() => {
    if (!open) return;
    const stale = new Set<Marked>();
    let arrived: RequestRow[] = [];
    let staleTimer: ReturnType<typeof setTimeout> | undefined;
    let batchTimer: ReturnType<typeof setTimeout> | undefined;
    let spentTimer: ReturnType<typeof setTimeout> | undefined;
    let wasLost = false;

    const tellMissed = () => {
      for (const watcher of watchers.current) watcher.missed?.();
    };
    const readAnew = () => {
      staleTimer = undefined;
      for (const topic of stale) {
        // A read under way is not cut short: under steady traffic none would ever end. It is followed by another.
        if (client.isFetching({ queryKey: [topic] }) > 0) continue;
        stale.delete(topic);
        void client.invalidateQueries({ queryKey: [topic] });
      }
      if (stale.size > 0) staleTimer = setTimeout(readAnew, COALESCE_MS);
    };
    const mark = (topics: Marked[]) => {
      for (const topic of topics) {
        // The request list keeps itself current from the events; that it is stale means some were missed.
        if (topic === "requests") tellMissed();
        else stale.add(topic);
        // Which models can be called is part of the catalogue's rows.
        if (topic === "models") stale.add("catalogue");
      }
      staleTimer ??= setTimeout(readAnew, COALESCE_MS);
    };
    const take = (row: RequestRow) => {
      arrived.unshift(row);
      batchTimer ??= setTimeout(() => {
        batchTimer = undefined;
        const rows = arrived;
        arrived = [];
        for (const watcher of watchers.current) watcher.arrived(rows);
      }, BATCH_MS);
      mark(["overview", "status", "keys"]);
      spentTimer ??= setTimeout(() => {
        spentTimer = undefined;
        mark(SPENDERS);
      }, SPENT_MS);
    };

    const stop = platform.events(({ event, data }) => {
      if (event === "connected") {
        setConnection("live");
        // Events of the meantime are lost: everything on screen may be stale.
        if (wasLost) {
          void client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "requests" });
          tellMissed();
        }
        wasLost = false;
      } else if (event === "disconnected") {
        setConnection("lost");
        wasLost = true;
      } else if (event === "request") take(data as RequestRow);
      else if (event === "budget") mark(["keys", ...SPENDERS]);
      else if (event === "alert") mark(["alerts"]);
      else if (event === "stale") {
        const { topics } = data as Stale;
        // What traffic does not touch was changed by somebody, and the log says by whom.
        mark(topics.every((topic) => OF_TRAFFIC.includes(topic)) ? topics : [...topics, "audit"]);
      } else if (event === "status") {
        client.setQueryData<Status>(["status"], (old) => old && { ...old, listener: data as Listener });
        mark(["status"]);
      }
    });
    return () => {
      stop();
      clearTimeout(staleTimer);
      clearTimeout(batchTimer);
      clearTimeout(spentTimer);
    };
  }, [client, open]);

  const [watchRequests] = useState(() => (watcher: RequestWatcher) => {
    watchers.current.add(watcher);
    return () => {
      watchers.current.delete(watcher);
    };
  });
  return { connection, watchRequests };
}
