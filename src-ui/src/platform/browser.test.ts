import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { browser } from "./browser";
import type { PlatformEvent } from "./types";

const fetched: { path: string; init: RequestInit }[] = [];
let answers: (() => Response | Promise<Response>)[] = [];

beforeEach(() => {
  fetched.length = 0;
  sessionStorage.clear();
  localStorage.clear();
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    fetched.push({ path, init });
    const answer = answers.shift();
    if (!answer) return new Promise(() => {});
    return answer();
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
  answers = [];
});

const header = (index: number, name: string) => new Headers(fetched[index]!.init.headers).get(name);

test("the key is sent as a bearer token and kept for this tab only", async () => {
  answers = [() => new Response("{}"), () => new Response("{}")];
  browser.signIn?.set("sk-admin");
  await browser.request("POST", "/console/guide", { "content-type": "application/json" }, "{}");
  expect(header(0, "authorization")).toBe("Bearer sk-admin");
  expect(fetched[0]?.init).toMatchObject({ body: "{}", credentials: "omit", redirect: "error" });
  expect(JSON.stringify({ ...localStorage })).not.toContain("sk-admin");
  browser.signIn?.clear();
  await browser.request("GET", "/console/session", {});
  expect(header(1, "authorization")).toBeNull();
});

test("a broken event stream is said to be lost and is opened again", async () => {
  vi.useFakeTimers();
  answers = [
    () => new Response('event: stale\ndata: {"topics":["keys"]}\n\n'),
    () => Promise.reject(new TypeError("refused")),
    () => new Response(": hello\n\n"),
  ];
  const seen: PlatformEvent[] = [];
  const stop = browser.events((event) => seen.push(event));
  await vi.advanceTimersByTimeAsync(30_000);
  stop();
  expect(seen.map(({ event }) => event)).toEqual([
    "connected",
    "stale",
    "disconnected",
    "disconnected",
    "connected",
    "disconnected",
  ]);
  expect(seen[1]?.data).toEqual({ topics: ["keys"] });
});

test("nothing is opened again after unsubscribing", async () => {
  vi.useFakeTimers();
  answers = [() => new Response(""), () => new Response("")];
  const stop = browser.events(() => {});
  await vi.advanceTimersByTimeAsync(10);
  stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(fetched).toHaveLength(1);
});
