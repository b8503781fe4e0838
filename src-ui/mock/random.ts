/** A small seeded generator (mulberry32): the same world every time. */
export function seeded(seed: number) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const between = (low: number, high: number) => Math.floor(low + next() * (high - low + 1));
  return {
    next,
    between,
    pick: <T>(list: readonly T[]) => list[Math.floor(next() * list.length)]!,
    /** Skewed as sizes and delays are: most small, some large. */
    skewed: (low: number, high: number) => Math.round(low * (high / low) ** (next() * next())),
    weighted<T>(list: readonly { weight: number; value: T }[]): T {
      let at = next() * list.reduce((sum, entry) => sum + entry.weight, 0);
      for (const entry of list) {
        at -= entry.weight;
        if (at <= 0) return entry.value;
      }
      return list.at(-1)!.value;
    },
    hex: (length: number) => Array.from({ length }, () => Math.floor(next() * 16).toString(16)).join(""),
  };
}
export type Random = ReturnType<typeof seeded>;

/** A UUIDv7 of that moment, so that ids sort by time as the gateway's do. */
export function uuid(at: number, random: Random) {
  const time = Math.floor(at).toString(16).padStart(12, "0");
  const tail = random.hex(18);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${tail.slice(0, 3)}-8${tail.slice(3, 6)}-${tail.slice(6)}`;
}
