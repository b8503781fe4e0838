import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, renderHook } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type PlatformEvent, platform } from "@/platform";
import type { RequestRow } from "./contract";
import { useEventSource } from "./events";

let send: (event: PlatformEvent) => void = () => {};
let client: QueryClient;
const row = (id: string) => ({ id }) as RequestRow;

beforeEach(() => {
  vi.useFakeTimers();
  client = new QueryClient();
  vi.spyOn(platform, "events").mockImplementation((onEvent) => {
    send = onEvent;
    return () => {};
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function follow() {
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={client}>{children}</QueryClientProvider>
  );
  return renderHook(() => useEventSource(), { wrapper }).result;
}

const topicsRead = (spy: { mock: { calls: unknown[][] } }) =>
  spy.mock.calls.map(([filter]) => (filter as { queryKey: string[] }).queryKey[0]).sort();

test("many stale events make one read per topic", () => {
  const invalidated = vi.spyOn(client, "invalidateQueries");
  follow();
  for (let i = 0; i < 50; i++) send({ event: "stale", data: { topics: ["keys", "providers"] } });
  vi.advanceTimersByTime(5000);
  expect(topicsRead(invalidated)).toEqual(["audit", "keys", "providers"]);
});

test("a read under way is not cut short but followed by another", () => {
  const invalidated = vi.spyOn(client, "invalidateQueries");
  const fetching = vi.spyOn(client, "isFetching").mockReturnValue(1);
  follow();
  send({ event: "stale", data: { topics: ["overview"] } });
  vi.advanceTimersByTime(5000);
  expect(invalidated).not.toHaveBeenCalled();
  fetching.mockReturnValue(0);
  vi.advanceTimersByTime(5000);
  expect(topicsRead(invalidated)).toEqual(["overview"]);
});

test("requests come in batches, newest first; unwatched ones are nobody's loss", () => {
  const feed = follow();
  const batches: string[][] = [];
  const stop = feed.current.watchRequests({ arrived: (rows) => batches.push(rows.map(({ id }) => id)) });
  for (const id of ["a", "b", "c"]) send({ event: "request", data: row(id) });
  vi.advanceTimersByTime(500);
  stop();
  send({ event: "request", data: row("d") });
  vi.advanceTimersByTime(500);
  expect(batches).toEqual([["c", "b", "a"]]);
});

test("after a lost connection everything is read anew and the list is told of the gap", () => {
  const invalidated = vi.spyOn(client, "invalidateQueries");
  const feed = follow();
  const missed = vi.fn();
  feed.current.watchRequests({ arrived: () => {}, missed });
  act(() => send({ event: "connected", data: null }));
  expect(feed.current.connection).toBe("live");
  expect(missed).not.toHaveBeenCalled();
  act(() => send({ event: "disconnected", data: null }));
  expect(feed.current.connection).toBe("lost");
  act(() => send({ event: "connected", data: null }));
  expect(missed).toHaveBeenCalledOnce();
  expect(invalidated).toHaveBeenCalledOnce();
});

test("that the list itself is stale means that some were missed", () => {
  const feed = follow();
  const missed = vi.fn();
  feed.current.watchRequests({ arrived: () => {}, missed });
  send({ event: "stale", data: { topics: ["requests"] } });
  expect(missed).toHaveBeenCalledOnce();
});
