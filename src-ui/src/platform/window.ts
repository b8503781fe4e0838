import { Channel, invoke } from "@tauri-apps/api/core";
import { copyPicture } from "./browser";
import type { Platform, PlatformResponse } from "./types";

// In the native window a request goes to the gateway's control socket, by way of the window's own process: no port, no key,
// and it works while the listener is stopped. A command's reply does not stream, so events come through a channel.
export const nativeWindow: Platform = {
  kind: "window",
  request: (method, path, headers, body) =>
    invoke<PlatformResponse>("gateway_request", { method, path, headers, body: body ?? null }),
  events(onEvent) {
    let live = true;
    const channel = new Channel<{ event: string; data: unknown }>();
    channel.onmessage = ({ event, data }) => {
      if (live) onEvent({ event, data: typeof data === "string" ? parse(data) : data });
    };
    invoke("gateway_events", { channel }).then(
      () => live && onEvent({ event: "connected", data: null }),
      () => live && onEvent({ event: "disconnected", data: null }),
    );
    return () => {
      live = false;
    };
  },
  copy: (text) => invoke("copy_text", { text }),
  copyPicture,
  openExternal: (url) => invoke("open_external", { url }),
  listenOn: (port) => invoke<string>("listen_on", { port }),
  files: {
    saveAnswer: (path, name) => invoke("save_answer", { path, name }),
    // As bytes: WebKitGTK does not survive a blob for a body. The name goes beside them, and is plain.
    save: async (name, content) => invoke("save_bytes", await bytesOf(content), { headers: { name } }),
    show: (path) => invoke("show_file", { path }),
  },
  signIn: null,
};

const bytesOf = async (content: Blob) => new Uint8Array(await content.arrayBuffer());

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return data;
  }
}
