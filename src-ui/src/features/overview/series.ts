import type { Overview, Totals } from "@/api/contract";
import { shortModel } from "@/lib/model-name";
import { SERIES } from "@/lib/palette";

export type Metric = "spend" | "requests" | "tokens";

/** Input includes what a cache served, output includes reasoning: their sum counts each token once. */
export const tokensOf = (totals: Totals) => totals.input_tokens + totals.output_tokens;

export const measure = (totals: Totals, metric: Metric) =>
  metric === "spend" ? totals.cost_nanos : metric === "requests" ? totals.requests : tokensOf(totals);

export interface Series {
  /** Position in every bucket's `values`. */
  index: number;
  label: string;
  total: number;
  /** The models summed up in "N others". */
  rest: boolean;
}

export interface ChartData {
  series: Series[];
  buckets: { start: number; values: number[]; total: number }[];
  total: number;
}

/** The largest models get a series each, the others share one. The order is by the range's total, so colours stay put. */
export function chartData(overview: Overview, metric: Metric): ChartData {
  const name = (entry: { model: string; provider: string }) => `${entry.provider}\u0000${entry.model}`;
  const totals = new Map<string, { label: string; provider: string; total: number }>();
  for (const bucket of overview.series) {
    for (const entry of bucket.models) {
      const known = totals.get(name(entry)) ?? {
        label: shortModel(entry.model, entry.provider),
        provider: entry.provider,
        total: 0,
      };
      known.total += measure(entry.totals, metric);
      totals.set(name(entry), known);
    }
  }
  const ranked = [...totals]
    .filter(([, { total }]) => total > 0)
    .sort(([a, x], [b, y]) => y.total - x.total || (a < b ? -1 : 1));
  // A lone "1 other" would say less than its name.
  const own = ranked.length <= SERIES + 1 ? ranked.length : SERIES;
  const position = new Map(ranked.map(([key], index) => [key, Math.min(index, own)]));
  const ambiguous = (label: string) => ranked.filter(([, entry]) => entry.label === label).length > 1;
  const series: Series[] = ranked.slice(0, own).map(([, { label, provider, total }], index) => ({
    index,
    label: ambiguous(label) && provider ? `${provider}/${label}` : label,
    total,
    rest: false,
  }));
  if (ranked.length > own) {
    const total = ranked.slice(own).reduce((sum, [, entry]) => sum + entry.total, 0);
    series.push({ index: own, label: `${ranked.length - own} others`, total, rest: true });
  }
  const buckets = overview.series.map((bucket) => {
    const values = new Array<number>(series.length).fill(0);
    for (const entry of bucket.models) {
      const at = position.get(name(entry));
      if (at !== undefined) values[at]! += measure(entry.totals, metric);
    }
    return { start: bucket.start, values, total: values.reduce((sum, value) => sum + value, 0) };
  });
  return { series, buckets, total: series.reduce((sum, entry) => sum + entry.total, 0) };
}

/** Change against the period before; null where there was nothing to compare with. */
export function change(now: number, before: number): number | null {
  return before === 0 ? null : (now - before) / before;
}
