import type { Spend, Totals } from "@/api/spend";
import { money, moneyAxis, moneyExact } from "@/lib/money";
import { compact, count } from "@/lib/numbers";
import { SERIES } from "@/lib/palette";
import { groupName } from "./words";

export const METRICS = ["spend", "requests", "tokens"] as const;
export type Metric = (typeof METRICS)[number];

/** Input includes what a cache served, output includes reasoning: their sum counts each token once. */
export const tokensOf = (totals: Pick<Totals, "input_tokens" | "output_tokens">) =>
  totals.input_tokens + totals.output_tokens;

export const measure = (totals: Totals, metric: Metric) =>
  metric === "spend" ? totals.cost_nanos : metric === "requests" ? totals.requests : tokensOf(totals);

/** Of what carries its three figures directly: a slot's share of a group, a day of the calendar. */
export const figure = (part: { cost_nanos: number; requests: number; tokens: number }, metric: Metric) =>
  metric === "spend" ? part.cost_nanos : part[metric];

/** At a glance, to the last digit, and beside an axis. */
export const shortValue = (metric: Metric, value: number) =>
  metric === "spend" ? money(value) : metric === "requests" ? count(value) : compact(value);
export const exactValue = (metric: Metric, value: number) => (metric === "spend" ? moneyExact(value) : count(value));
export const axisValue = (metric: Metric, value: number) => (metric === "spend" ? moneyAxis(value) : compact(value));
/** "12 requests": for reading out, where a bare number says too little. */
export const spokenValue = (metric: Metric, value: number) =>
  metric === "spend" ? moneyExact(value) : `${count(value)} ${value === 1 ? metric.slice(0, -1) : metric}`;

export interface Series {
  /** What hides it, and whose requests a click opens. Null: the rest. */
  id: string | null;
  label: string;
  /** Position among the colours; the rest has none. */
  colour: number;
  total: number;
  hidden: boolean;
}

export interface Bucket {
  start: number;
  end: number;
  /** By position of the series, those that are hidden included. */
  values: number[];
  /** Of what is shown. */
  total: number;
  /** Of the compared period, all groups together. */
  before: number | null;
}

export interface ChartData {
  series: Series[];
  buckets: Bucket[];
  /** Of what is shown. */
  total: number;
}

/** How a series is told apart, the rest included. */
export const seriesKey = (series: Pick<Series, "id">) => series.id ?? "\u0000rest";

/**
 * The largest groups get a series each, the others share one. A colour belongs to a group's rank by cost, so that it stays when
 * the measure changes; what is large only by another measure takes a colour that is free.
 */
export function chartData(spend: Spend, metric: Metric, hidden: ReadonlySet<string>): ChartData {
  const ranked = spend.groups
    .map((group, rank) => ({
      id: group.id,
      name: groupName(spend.by, group),
      rank,
      total: measure(group.totals, metric),
    }))
    .filter(({ total }) => total > 0)
    .sort((a, b) => Number(a.id === null) - Number(b.id === null) || b.total - a.total || a.rank - b.rank);
  const named = ranked.filter(({ id }) => id !== null).length;
  // A lone "1 other" would say less than its name.
  const own = named === ranked.length && named === SERIES + 1 ? named : Math.min(named, SERIES);
  const colours = freeColours(ranked.slice(0, own).map(({ rank }) => rank));
  const twice = (name: string) => ranked.filter((entry) => entry.name === name).length > 1;
  const series: Series[] = ranked.slice(0, own).map(({ id, name, total }, index) => ({
    id,
    label: twice(name) && id ? `${name} (${id})` : name,
    colour: colours[index]!,
    total,
    hidden: hidden.has(seriesKey({ id })),
  }));
  const rest = ranked.slice(own);
  if (rest.length > 0) {
    const total = rest.reduce((sum, entry) => sum + entry.total, 0);
    const label = named === ranked.length ? `${rest.length} others` : "Others";
    series.push({ id: null, label, colour: Infinity, total, hidden: hidden.has(seriesKey({ id: null })) });
  }
  const position = new Map(ranked.map(({ rank }, index) => [rank, Math.min(index, own)]));
  const buckets = spend.slots.map((slot, index): Bucket => {
    const values = new Array<number>(series.length).fill(0);
    for (const part of slot.groups) {
      const at = position.get(part.group);
      if (at !== undefined) values[at]! += figure(part, metric);
    }
    const before = spend.compared.slots[index];
    return {
      start: slot.start,
      end: spend.slots[index + 1]?.start ?? spend.to,
      values,
      total: values.reduce((sum, value, at) => (series[at]!.hidden ? sum : sum + value), 0),
      before: before ? measure(before.totals, metric) : null,
    };
  });
  return { series, buckets, total: series.reduce((sum, entry) => (entry.hidden ? sum : sum + entry.total), 0) };
}

function freeColours(ranks: number[]) {
  const free = [...Array(SERIES).keys()].filter((colour) => !ranks.includes(colour));
  return ranks.map((rank) => (rank < SERIES ? rank : (free.shift() ?? Infinity)));
}
