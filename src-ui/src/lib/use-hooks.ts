import { useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore } from "react";

export function useMedia(query: string) {
  return useSyncExternalStore(
    (listener) => {
      const media = window.matchMedia(query);
      media.addEventListener("change", listener);
      return () => media.removeEventListener("change", listener);
    },
    () => window.matchMedia(query).matches,
  );
}

/** Phones and very small windows: tables become two-line lists. */
export const useNarrow = () => useMedia("(max-width: 719px)");

export function useDebounced<T>(value: T, ms: number) {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}

/** What is typed, passed on once it rests. */
export function useSettled(value: string, onValue: (value: string) => void) {
  const [typed, setTyped] = useState(value);
  const settled = useDebounced(typed, 250);
  useEffect(() => setTyped(value), [value]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a settled text is a change
  useEffect(() => {
    if (settled !== value && settled === typed) onValue(settled);
  }, [settled]);
  return [typed, setTyped] as const;
}

/** Renders again now and then, for relative times. */
export function useNow(everyMs = 30_000) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** How wide an element is, and again whenever that changes. */
export function useSize<E extends HTMLElement>() {
  const ref = useRef<E>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return;
    setWidth(element.clientWidth);
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, width] as const;
}
