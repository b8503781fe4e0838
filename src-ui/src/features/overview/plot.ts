// Where things are in the chart, for the one on the page and for the picture of it. Nothing here knows React.
import type { Bucket, ChartData } from "./series";

export interface Size {
  width: number;
  height: number;
}

/** A day to come: what is expected of it, and between what it will lie. */
export interface Ahead {
  start: number;
  expected: number;
  low: number;
  high: number;
}

export interface Plot extends Size {
  left: number;
  right: number;
  top: number;
  bottom: number;
  /** From one slot to the next, and how wide a bar is. */
  step: number;
  bar: number;
  /** The middle of a slot; those ahead follow those that are over. */
  x: (slot: number) => number;
  y: (value: number) => number;
  /** What is at a height. */
  value: (y: number) => number;
  ticks: { y: number; text: string }[];
  labels: { x: number; text: string; anchor: "start" | "middle" | "end" }[];
  /** One path per series, as long as there are bars: a year of eight groups is eight elements. */
  areas: string[];
  /** The compared period. */
  line: string;
  /** What is expected, and between what. */
  band: string;
  expected: string;
}

export interface Words {
  value: (value: number) => string;
  /** Below the axis; empty where there is nothing to say. */
  slot: (start: number) => string;
  /** Whether a label is wanted here at all, such as at the first of a month. */
  mark?: (start: number) => boolean;
}

const LETTER = 6.4;
const TICKS = 4;

/** The next larger of 1, 2, 2.5 and 5 times a power of ten; of things that are counted, a whole number. */
export function niceStep(rough: number, whole: boolean) {
  if (rough <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough * 0.9999)! * power;
  return whole ? Math.max(1, Math.ceil(step)) : step;
}

const EVERY = [1, 2, 3, 4, 6, 7, 8, 12, 14, 21, 28];

export function plot(
  data: ChartData,
  ahead: readonly Ahead[],
  { width, height }: Size,
  words: Words,
  options: { whole: boolean; compared: boolean; letter?: number },
): Plot {
  const shown = (bucket: Bucket) => Math.max(bucket.total, options.compared ? (bucket.before ?? 0) : 0);
  const most = Math.max(0, ...data.buckets.map(shown), ...ahead.map(({ high }) => high));
  const tick = most === 0 ? 1 : niceStep(most / TICKS, options.whole);
  const ceiling = Math.max(1, Math.ceil((most * 1.001) / tick)) * tick;
  const values = most === 0 ? [0] : Array.from({ length: Math.round(ceiling / tick) + 1 }, (_, i) => i * tick);
  const texts = values.map(words.value);
  // How wide a letter is decides how many labels there is room for.
  const letter = options.letter ?? LETTER;
  const left = Math.ceil(Math.max(...texts.map((text) => text.length)) * letter * 1.1) + 12;
  const [top, right, bottom] = [8, width - 4, height - 9 - 2 * letter];
  const count = data.buckets.length + ahead.length;
  const step = count > 0 ? (right - left) / count : right - left;
  const bar = Math.min(44, step > 4 ? step * 0.78 : Math.max(0.75, step - 0.5));
  const x = (slot: number) => left + step * (slot + 0.5);
  const y = (value: number) => bottom - (value / ceiling) * (bottom - top);
  return {
    width,
    height,
    left,
    right,
    top,
    bottom,
    step,
    bar,
    x,
    y,
    value: (at) => ((bottom - at) / (bottom - top)) * ceiling,
    ticks: values.map((value, index) => ({ y: y(value), text: texts[index]! })),
    labels: labels([...data.buckets, ...ahead], words, { right, step, x, letter }),
    areas: areas(data, { x, y, bar }),
    line: options.compared && data.buckets.some(({ before }) => before) ? line(data.buckets, x, y) : "",
    ...forecast(ahead, data.buckets.length, { x, y, step }),
  };
}

const at = (value: number) => String(Math.round(value * 100) / 100);

function areas({ series, buckets }: ChartData, { x, y, bar }: Pick<Plot, "x" | "y" | "bar">) {
  const below = new Float64Array(buckets.length);
  return series.map(({ hidden }, index) => {
    if (hidden) return "";
    let path = "";
    for (let slot = 0; slot < buckets.length; slot++) {
      const value = buckets[slot]!.values[index]!;
      if (value === 0) continue;
      const foot = below[slot]!;
      below[slot] = foot + value;
      path += `M${at(x(slot) - bar / 2)} ${at(y(foot))}V${at(y(foot + value))}h${at(bar)}V${at(y(foot))}z`;
    }
    return path;
  });
}

function line(buckets: Bucket[], x: Plot["x"], y: Plot["y"]) {
  let path = "";
  for (const [slot, { before }] of buckets.entries()) {
    if (before !== null) path += `${path === "" ? "M" : "L"}${at(x(slot))} ${at(y(before))}`;
  }
  return path;
}

function forecast(ahead: readonly Ahead[], first: number, { x, y, step }: Pick<Plot, "x" | "y" | "step">) {
  if (ahead.length === 0) return { band: "", expected: "" };
  // From edge to edge, so that one day is a band, too.
  const edge = (index: number) => x(first + index) - step / 2;
  const along = (read: (day: Ahead) => number) =>
    ahead.map((day, i) => `${at(edge(i))} ${at(y(read(day)))}L${at(edge(i + 1))} ${at(y(read(day)))}`);
  const back = ahead.map((day, i) => `${at(edge(i + 1))} ${at(y(day.low))}L${at(edge(i))} ${at(y(day.low))}`).reverse();
  return {
    band: `M${along(({ high }) => high).join("L")}L${back.join("L")}z`,
    expected: `M${along(({ expected }) => expected).join("L")}`,
  };
}

function labels(
  slots: readonly { start: number }[],
  words: Words,
  { right, step, x, letter }: Pick<Plot, "right" | "step" | "x"> & { letter: number },
) {
  const texts = slots.map(({ start }) => words.slot(start));
  const room = Math.max(0, ...texts.map((text) => text.length)) * letter + 14;
  const every = EVERY.find((n) => n * step >= room) ?? Math.ceil(room / step);
  let free = 0;
  return slots.flatMap(({ start }, slot): Plot["labels"] => {
    const [text, half] = [texts[slot]!, (texts[slot]!.length * letter) / 2];
    const wanted = words.mark ? words.mark(start) : slot % every === 0;
    if (!wanted || text === "") return [];
    const anchor = x(slot) + half > right ? "end" : x(slot) - half < 0 ? "start" : "middle";
    const place = anchor === "end" ? right : anchor === "start" ? 0 : x(slot);
    const begin = anchor === "end" ? place - 2 * half : anchor === "start" ? place : place - half;
    if (begin < free) return [];
    free = begin + 2 * half + 8;
    return [{ x: place, text, anchor }];
  });
}

/** Which slot is at a place, and which series of its bar; null above it and beside the bars. */
export function hit(plot: Plot, data: ChartData, px: number, py: number) {
  const slot = Math.floor((px - plot.left) / plot.step);
  if (slot < 0 || px > plot.right || py < 0 || py > plot.height) return null;
  const bucket = data.buckets[slot];
  if (!bucket) return { slot, series: null };
  const value = plot.value(py);
  if (Math.abs(px - plot.x(slot)) > Math.max(plot.bar, 6) / 2 || value < 0) return { slot, series: null };
  let below = 0;
  for (const [index, part] of bucket.values.entries()) {
    if (data.series[index]!.hidden) continue;
    if (value >= below && value < below + part) return { slot, series: index };
    below += part;
  }
  return { slot, series: null };
}
