import type { Totals } from "@/api/contract";
import type { SessionRow } from "@/api/sessions";

/** Rows of one session as one, where several keys were used for it: what began first says what it is. */
export function together(rows: readonly SessionRow[]): SessionRow | undefined {
  const [first, ...others] = [...rows].sort((a, b) => a.first_at - b.first_at);
  if (!first || others.length === 0) return first;
  return {
    ...first,
    project: rows.find(({ project }) => project !== null)?.project ?? null,
    key_name: `${rows.length} keys`,
    last_at: Math.max(...rows.map(({ last_at }) => last_at)),
    totals: rows.map(({ totals }) => totals).reduce(sum),
  };
}

const sum = (a: Totals, b: Totals) =>
  Object.fromEntries(
    Object.entries(a).map(([name, value]) => [name, value + b[name as keyof Totals]]),
  ) as unknown as Totals;
