// The only folder that may touch Tauri. Start with types.ts: the rest of the console sees nothing else.
import { browser } from "./browser";
import type { Platform } from "./types";
import { nativeWindow } from "./window";

export type { Platform, PlatformEvent, PlatformResponse, Saved } from "./types";

export const platform: Platform = "__TAURI_INTERNALS__" in window ? nativeWindow : browser;
