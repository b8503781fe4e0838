import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { nativeWindow } from "./window";

// What Tauri injects: invoke, and callbacks by number that the other side calls.
const invoked: { command: string; given: Record<string, unknown> }[] = [];
const callbacks = new Map<number, (message: unknown) => void>();
let reply: (command: string) => unknown = () => null;

beforeEach(() => {
  invoked.length = 0;
  callbacks.clear();
  vi.stubGlobal("__TAURI_INTERNALS__", {
    invoke: async (command: string, given: Record<string, unknown>) => {
      invoked.push({ command, given });
      return reply(command);
    },
    transformCallback: (callback: (message: unknown) => void) => {
      callbacks.set(callbacks.size + 1, callback);
      return callbacks.size;
    },
    unregisterCallback: (id: number) => callbacks.delete(id),
  });
});
afterEach(() => vi.unstubAllGlobals());

test("a request goes through one command, an absent body as null", async () => {
  reply = () => ({ status: 200, headers: { "x-request-id": "r1" }, body: "{}" });
  const answer = await nativeWindow.request("GET", "/console/status", { accept: "application/json" });
  expect(answer.status).toBe(200);
  expect(invoked).toEqual([
    {
      command: "gateway_request",
      given: { method: "GET", path: "/console/status", headers: { accept: "application/json" }, body: null },
    },
  ]);
});

test("events come through a channel, parsed, until the page unsubscribes", async () => {
  reply = () => null;
  const seen: unknown[] = [];
  const stop = nativeWindow.events((event) => seen.push(event));
  await vi.waitFor(() => expect(seen).toHaveLength(1));
  const send = callbacks.get(1)!;
  send({ index: 0, message: { event: "stale", data: '{"topics":["keys"]}' } });
  stop();
  send({ index: 1, message: { event: "stale", data: "{}" } });
  expect(seen).toEqual([
    { event: "connected", data: null },
    { event: "stale", data: { topics: ["keys"] } },
  ]);
});

test("no key is asked for in the window", () => expect(nativeWindow.signIn).toBeNull());

test("what is saved goes by the shell, and pictures as bytes with their name beside them", async () => {
  reply = (command) => (command === "save_answer" ? { saved: "/home/ann/Downloads/log.csv" } : "/home/ann/a.png");
  const { files } = nativeWindow;
  expect(await files.saveAnswer("/console/requests/export?format=csv", "log.csv")).toEqual({
    saved: "/home/ann/Downloads/log.csv",
  });
  expect(await files.save("a.png", new Blob([new Uint8Array([137, 80])]))).toBe("/home/ann/a.png");
  await files.show?.("/home/ann/a.png");
  expect(invoked.map(({ command }) => command)).toEqual(["save_answer", "save_bytes", "show_file"]);
  expect([...(invoked[1]!.given as unknown as Uint8Array)]).toEqual([137, 80]);
});
