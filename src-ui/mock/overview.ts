import type { Overview, RequestRow } from "../src/api/contract.ts";
import type { Totals } from "../src/api/spend.ts";
import { sum } from "./totals.ts";

const HOUR = 3_600_000;

function grouped<T>(
  rows: RequestRow[],
  by: (row: RequestRow) => string,
  make: (rows: RequestRow[], totals: Totals) => T,
): T[] {
  const groups = new Map<string, RequestRow[]>();
  for (const row of rows) groups.set(by(row), [...(groups.get(by(row)) ?? []), row]);
  return [...groups.values()]
    .map((group) => ({ group, totals: sum(group) }))
    .sort((a, b) => b.totals.cost_nanos - a.totals.cost_nanos || b.totals.requests - a.totals.requests)
    .map(({ group, totals }) => make(group, totals));
}

const byModel = (rows: RequestRow[]) =>
  grouped(
    rows,
    (row) => `${row.provider}/${row.model_group}`,
    ([row], totals) => ({ model: row!.upstream_model ?? row!.model_group, provider: row!.provider ?? "", totals }),
  );

export function overview(rows: RequestRow[], range: Overview["range"], now: number): Overview {
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  const days = { today: 1, "7d": 7, "30d": 30 }[range];
  const from = new Date(midnight).setDate(new Date(midnight).getDate() - (days - 1));
  const to = new Date(midnight).setDate(new Date(midnight).getDate() + 1);
  const within = (start: number, end: number) => rows.filter((row) => row.started_at >= start && row.started_at < end);
  const inRange = within(from, to);
  const starts: number[] = [];
  const step = range === "today" ? HOUR : 24 * HOUR;
  for (let at = from; at < to; at += step) starts.push(at);
  return {
    range,
    tz: Intl.DateTimeFormat().resolvedOptions().timeZone,
    from,
    to,
    bucket: range === "today" ? "hour" : "day",
    totals: sum(inRange),
    previous: sum(within(from - (now - from), from)),
    series: starts.map((start) => ({
      start,
      models: byModel(inRange.filter((row) => row.started_at >= start && row.started_at < start + step)),
    })),
    models: byModel(inRange),
    keys: grouped(
      inRange,
      (row) => row.key_id ?? "",
      ([row], totals) => ({ key_id: row!.key_id, key_name: row!.key_name, totals }),
    ),
    clients: grouped(
      inRange,
      (row) => row.client,
      ([row], totals) => ({ client: row!.client, totals }),
    ),
  };
}
