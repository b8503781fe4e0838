import { useQueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useRef, useState } from "react";
import { platform } from "@/platform";
import type { RequestRow, Status, Topic } from "./contract";

export type Connection = "connecting" | "live" | "lost";
type OnRequest = (row: RequestRow) => void;

export interface EventFeed {
  connection: Connection;
  onRequest(listener: OnRequest): () => void;
}

export const EventFeedContext = createContext<EventFeed>({ connection: "connecting", onRequest: () => () => {} });
export const useEventFeed = () => useContext(EventFeedContext);

// Traffic may make the overview stale hundreds of times a second; it is read again at most this often.
const COALESCE_MS = 700;

/** Follows the gateway's events: marks what is stale, and hands finished requests to whoever listens. */
export function useEventSource(): EventFeed {
  const client = useQueryClient();
  const [connection, setConnection] = useState<Connection>("connecting");
  const listeners = useRef(new Set<OnRequest>());

  useEffect(() => {
    const stale = new Set<Topic>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let wasLost = false;
    const flush = () => {
      timer = undefined;
      for (const topic of stale) {
        // The request list keeps itself current from the events; reading all its pages again would make it jump.
        if (topic !== "requests") void client.invalidateQueries({ queryKey: [topic] });
      }
      stale.clear();
    };
    const mark = (topics: Topic[]) => {
      for (const topic of topics) stale.add(topic);
      timer ??= setTimeout(flush, COALESCE_MS);
    };
    const stop = platform.events(({ event, data }) => {
      if (event === "connected") {
        setConnection("live");
        // Events of the meantime are lost: everything on screen may be stale.
        if (wasLost) void client.invalidateQueries();
        wasLost = false;
      } else if (event === "disconnected") {
        setConnection("lost");
        wasLost = true;
      } else if (event === "request") {
        for (const listener of listeners.current) listener(data as RequestRow);
        mark(["overview", "status", "keys"]);
      } else if (event === "stale") {
        mark((data as { topics: Topic[] }).topics);
      } else if (event === "status") {
        client.setQueryData<Status>(["status"], (old) => old && { ...old, listener: data as Status["listener"] });
        mark(["status"]);
      }
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [client]);

  const [onRequest] = useState(() => (listener: OnRequest) => {
    listeners.current.add(listener);
    return () => {
      listeners.current.delete(listener);
    };
  });
  return { connection, onRequest };
}
