import { useSyncExternalStore } from "react";

// The choice is a matter of taste, not a secret: it may stay on this device.
export type Theme = "system" | "light" | "dark";
const SLOT = "postern.theme";
const listeners = new Set<() => void>();
const systemDark = window.matchMedia("(prefers-color-scheme: dark)");

let theme: Theme = read();

function read(): Theme {
  const kept = localStorage.getItem(SLOT);
  return kept === "light" || kept === "dark" ? kept : "system";
}

const isDark = () => (theme === "system" ? systemDark.matches : theme === "dark");

export function applyTheme() {
  document.documentElement.classList.toggle("dark", isDark());
  document.documentElement.style.colorScheme = isDark() ? "dark" : "light";
  for (const listener of listeners) listener();
}

systemDark.addEventListener("change", applyTheme);

export function setTheme(next: Theme) {
  theme = next;
  if (next === "system") localStorage.removeItem(SLOT);
  else localStorage.setItem(SLOT, next);
  applyTheme();
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

export const useTheme = () => useSyncExternalStore(subscribe, () => theme);
export const useDark = () => useSyncExternalStore(subscribe, isDark);
