/** Where a thing is on the page: of a DOMRect, what counts here. */
export interface Place {
  left: number;
  top: number;
}

/**
 * The place that an arrow, Home or End leads to from another, in reading order over any number of columns; `null` where the
 * arrow leads out at the top, and `undefined` for another key.
 */
export function neighbour(places: Place[], from: number, key: string): number | null | undefined {
  const here = places[from];
  if (!here) return undefined;
  const last = places.length - 1;
  if (key === "ArrowRight") return Math.min(last, from + 1);
  if (key === "ArrowLeft") return Math.max(0, from - 1);
  if (key === "Home") return 0;
  if (key === "End") return last;
  if (key !== "ArrowDown" && key !== "ArrowUp") return undefined;
  const step = key === "ArrowDown" ? 1 : -1;
  const beyond = (place: Place) => (place.top - here.top) * step > 1;
  let next = from;
  while (places[next] && !beyond(places[next]!)) next += step;
  if (!places[next]) return step > 0 ? last : null;
  // Of the row that begins there, the one that is nearest.
  const row = places[next]!.top;
  let best = next;
  for (; places[next] && Math.abs(places[next]!.top - row) <= 1; next += step) {
    if (Math.abs(places[next]!.left - here.left) < Math.abs(places[best]!.left - here.left)) best = next;
  }
  return best;
}
