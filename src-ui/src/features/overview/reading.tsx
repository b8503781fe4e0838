import { cn } from "@/lib/cn";
import { seriesColour } from "@/lib/palette";
import type { Ahead, Plot } from "./plot";
import { type ChartData, exactValue, type Metric, type Series, spokenValue } from "./series";

interface Words {
  title: string;
  total: string | null;
  lines: { series: Series; index: number; value: number }[];
  /** Below the groups, in grey: the compared period, or that it is only expected. */
  notes: [name: string, value: string][];
  spoken: string;
}

/** What there is to say of a place in the chart, for the eye and for the ear. */
export function reading({
  place,
  data,
  ahead,
  metric,
  title,
  against,
}: {
  place: { slot: number; series: number | null };
  data: ChartData;
  ahead: readonly Ahead[];
  metric: Metric;
  title: (start: number, end: number) => string;
  against: string | null;
}): Words | null {
  const bucket = data.buckets[place.slot];
  if (!bucket) {
    const day = ahead[place.slot - data.buckets.length];
    if (!day) return null;
    const name = title(day.start, day.start);
    const [expected, low, high] = [day.expected, day.low, day.high].map((value) => exactValue(metric, value));
    return {
      title: name,
      total: null,
      lines: [],
      notes: [
        ["expected", expected!],
        ["between", `${low} – ${high}`],
      ],
      spoken: `${name}: expected ${expected}, between ${low} and ${high}.`,
    };
  }
  const name = title(bucket.start, bucket.end);
  const lines = data.series
    .map((series, index) => ({ series, index, value: bucket.values[index]! }))
    .filter(({ series, value }) => value > 0 && !series.hidden)
    .reverse();
  const before = against !== null && bucket.before !== null ? bucket.before : null;
  const part = place.series === null ? null : data.series[place.series];
  const all = [
    `${name}: ${spokenValue(metric, bucket.total)}`,
    ...[...lines].reverse().map(({ series, value }) => `${series.label} ${exactValue(metric, value)}`),
    ...(before === null ? [] : [`${against} ${exactValue(metric, before)}`]),
  ];
  return {
    title: name,
    total: exactValue(metric, bucket.total),
    lines,
    notes: before === null ? [] : [[against ?? "", exactValue(metric, before)]],
    spoken: part
      ? `${part.label}: ${spokenValue(metric, bucket.values[place.series!]!)} of ${exactValue(metric, bucket.total)}.`
      : `${all.join("; ")}.`,
  };
}

const WIDTH = 288;

/** Beside what it tells of, never over it, and within the chart. */
export function Reading({
  plot,
  slot,
  lines: words,
  lit,
  dark,
  metric,
}: {
  plot: Plot;
  slot: number;
  lines: Words;
  lit: number | null;
  dark: boolean;
  metric: Metric;
}) {
  const [x, gap] = [plot.x(slot), plot.step / 2 + 8];
  const right = x + gap + WIDTH <= plot.width;
  const left = x - gap - WIDTH >= 0;
  // On a phone neither side has room: it may cover the chart, but stays on the page.
  const style = right
    ? { left: x + gap }
    : left
      ? { right: plot.width - x + gap }
      : { left: Math.max(0, Math.min(plot.width - Math.min(WIDTH, plot.width), x - WIDTH / 2)) };
  return (
    <div
      aria-hidden
      data-testid="chart-tooltip"
      className="pointer-events-none absolute top-2 z-10 w-max max-w-[min(288px,100%)] rounded-lg border border-line bg-raised px-3 py-2 text-xs shadow-pop"
      style={style}
    >
      <p className="flex min-w-40 justify-between gap-4 font-medium">
        <span>{words.title}</span>
        {words.total !== null && <span>{words.total}</span>}
      </p>
      {words.lines.map(({ series, index, value }) => (
        <p
          key={index}
          className={cn(
            "mt-1 flex items-center gap-1.5",
            lit !== null && (lit === index ? "font-medium" : "opacity-75"),
          )}
        >
          <span className="size-2 shrink-0 rounded-[2px]" style={{ background: seriesColour(series.colour, dark) }} />
          <span className="min-w-0 flex-1 truncate text-muted">{series.label}</span>
          <span className="pl-3">{exactValue(metric, value)}</span>
        </p>
      ))}
      {words.notes.map(([name, value], index) => (
        <p
          key={name}
          className={cn(
            "mt-1 flex justify-between gap-4 text-faint",
            index === 0 && words.lines.length > 0 && "border-line border-t pt-1",
          )}
        >
          <span className="min-w-0 truncate">{name}</span>
          <span>{value}</span>
        </p>
      ))}
    </div>
  );
}
