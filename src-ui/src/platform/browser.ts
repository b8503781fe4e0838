import { EventStreamParser } from "./sse";
import type { Platform, PlatformEvent } from "./types";

// sessionStorage ends with the tab. The administrator's key opens everything, so it never goes to localStorage.
const SLOT = "postern.key";
// The gateway sends a comment every few seconds; silence this long means the connection is gone.
const SILENCE_MS = 75_000;

const held = () => sessionStorage.getItem(SLOT);
const authorization = (): Record<string, string> => {
  const key = held();
  return key ? { authorization: `Bearer ${key}` } : {};
};

async function request(method: string, path: string, headers: Record<string, string>, body?: string, cookies = false) {
  const response = await fetch(path, {
    method,
    headers: { ...authorization(), ...headers },
    body,
    credentials: cookies ? "same-origin" : "omit",
    redirect: "error",
  });
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers.entries()),
    body: await response.text(),
  };
}

function events(onEvent: (event: PlatformEvent) => void) {
  const stop = new AbortController();
  void follow(onEvent, stop.signal);
  return () => stop.abort();
}

async function follow(onEvent: (event: PlatformEvent) => void, stop: AbortSignal) {
  for (let failures = 0; !stop.aborted; failures++) {
    const attempt = new AbortController();
    const give_up = () => attempt.abort();
    stop.addEventListener("abort", give_up);
    try {
      await readOnce(onEvent, attempt, () => {
        failures = 0;
      });
    } catch {
      // A broken connection and a clean end are answered alike: say so, wait, connect again.
    }
    stop.removeEventListener("abort", give_up);
    if (stop.aborted) return;
    onEvent({ event: "disconnected", data: null });
    await pause(Math.min(15_000, 500 * 2 ** Math.min(failures, 5)) * (0.75 + Math.random() / 2), stop);
  }
}

async function readOnce(onEvent: (event: PlatformEvent) => void, attempt: AbortController, onOpen: () => void) {
  const response = await fetch("/console/events", {
    headers: { ...authorization(), accept: "text/event-stream" },
    credentials: "omit",
    cache: "no-store",
    signal: attempt.signal,
  });
  if (!response.ok || !response.body) throw new Error(`events answered ${response.status}`);
  onOpen();
  onEvent({ event: "connected", data: null });
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  const parser = new EventStreamParser();
  let silence = setTimeout(() => attempt.abort(), SILENCE_MS);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(silence);
      silence = setTimeout(() => attempt.abort(), SILENCE_MS);
      for (const { event, data } of parser.push(decoder.decode(value, { stream: true }))) {
        onEvent({ event, data: parse(data) });
      }
    }
  } finally {
    clearTimeout(silence);
  }
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return data;
  }
}

function pause(ms: number, stop: AbortSignal) {
  return new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    stop.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}

async function copy(text: string) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Plain http on another host is no secure context: only the old way is left there.
    const area = document.createElement("textarea");
    area.value = text;
    area.setAttribute("readonly", "");
    area.style.position = "fixed";
    area.style.opacity = "0";
    // Inside an open dialog, so that its focus trap does not take the selection away.
    (document.querySelector("[role=dialog]") ?? document.body).append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) throw new Error("The browser refused access to the clipboard. Select the text and copy it by hand.");
  }
}

export async function copyPicture(png: Promise<Blob>) {
  if (typeof ClipboardItem === "undefined" || !navigator.clipboard?.write)
    throw new Error("Pictures cannot be copied here. Save it instead.");
  // The promise goes in as it is: Safari allows the write only within the click.
  await navigator.clipboard.write([new ClipboardItem({ "image/png": png })]);
}

async function saveAnswer(path: string, name: string) {
  const answer = await fetch(path, {
    headers: authorization(),
    credentials: "omit",
    redirect: "error",
    cache: "no-store",
  });
  if (!answer.ok) {
    const headers = Object.fromEntries(answer.headers.entries());
    return { refused: { status: answer.status, headers, body: await answer.text() } };
  }
  // The browser keeps a large body on disk: a million rows are no more memory than a thousand.
  save(name, await answer.blob());
  return { saved: null };
}

function save(name: string, content: Blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.hidden = true;
  document.body.append(link);
  link.click();
  link.remove();
  // The download has begun by then; at once would be too early in some browsers.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

export const browser: Platform = {
  kind: "browser",
  request,
  events,
  copy,
  copyPicture,
  listenOn: null,
  files: {
    saveAnswer,
    async save(name, content) {
      save(name, content);
      return null;
    },
    show: null,
  },
  async openExternal(url) {
    window.open(url, "_blank", "noopener,noreferrer");
  },
  signIn: {
    present: () => held() !== null,
    set: (key) => sessionStorage.setItem(SLOT, key),
    clear: () => sessionStorage.removeItem(SLOT),
  },
};
