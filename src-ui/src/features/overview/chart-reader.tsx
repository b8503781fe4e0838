import { type KeyboardEvent, type PointerEvent, useId, useRef, useState } from "react";
import type { Span } from "./drill";
import { type Ahead, hit, type Plot } from "./plot";
import { Reading, reading } from "./reading";
import { type ChartData, type Metric, seriesKey } from "./series";

interface Place {
  slot: number;
  /** The group's part of the bar, by position of the series. */
  series: number | null;
  /** Keys moved it there: only then is it read out. */
  spoken: boolean;
}

/**
 * What reads the chart exactly: with the pointer, and with arrow keys from bar to bar and from part to part. It lies over the
 * drawn chart and is all that renders while one reads.
 */
export function ChartReader({
  plot,
  data,
  ahead,
  metric,
  dark,
  title,
  against,
  label,
  onOpen,
}: {
  plot: Plot;
  data: ChartData;
  ahead: readonly Ahead[];
  metric: Metric;
  dark: boolean;
  title: (start: number, end: number) => string;
  against: string | null;
  label: string;
  onOpen?: (span: Span, series: number | null) => void;
}) {
  const [found, setFound] = useState<Place | null>(null);
  const touched = useRef(false);
  const hint = useId();
  const last = data.buckets.length + ahead.length - 1;
  const place = found && found.slot <= last ? found : null;
  const bucket = place && data.buckets[place.slot];

  const at = (event: PointerEvent) => {
    const box = event.currentTarget.getBoundingClientRect();
    return hit(plot, data, event.clientX - box.left, event.clientY - box.top);
  };
  const follow = (event: PointerEvent) => {
    const next = at(event);
    setFound((old) =>
      next && next.slot === old?.slot && next.series === old.series && !old.spoken
        ? old
        : next && { ...next, spoken: false },
    );
  };
  const open = (to: Place | null) => {
    const of = to && data.buckets[to.slot];
    if (of && onOpen) onOpen({ start: of.start, end: of.end }, to.series);
  };

  const keys = (event: KeyboardEvent) => {
    const now = place ?? { slot: -1, series: null };
    const to = moved(event.key, now, { data, last });
    if (to) setFound(to.slot < 0 ? null : { ...to, spoken: true });
    else if (event.key === "Enter" || event.key === " ") open(place);
    else return;
    event.preventDefault();
    if (event.key === "Escape") event.stopPropagation();
  };

  const words = place && reading({ place, data, ahead, metric, title, against });
  return (
    <div
      role="application"
      aria-roledescription="chart"
      aria-label={label}
      aria-describedby={hint}
      data-testid="chart"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys read it
      tabIndex={0}
      className="absolute inset-0 rounded"
      style={{ cursor: bucket && onOpen ? "pointer" : undefined }}
      onKeyDown={keys}
      onFocus={(event) => {
        if (!place && event.currentTarget.matches(":focus-visible"))
          setFound({ slot: Math.max(0, data.buckets.length - 1), series: null, spoken: true });
      }}
      onBlur={() => setFound(null)}
      onPointerMove={follow}
      onPointerLeave={() => setFound(null)}
      onPointerDown={(event) => {
        // A finger covers what it points at and has not read it yet: the first tap reads, the second opens.
        const next = at(event);
        touched.current = event.pointerType === "touch" && next?.slot !== place?.slot;
        follow(event);
      }}
      onClick={() => {
        if (!touched.current) open(place);
      }}
    >
      <span id={hint} className="sr-only">
        Arrow keys left and right go from bar to bar, up and down through its parts. Enter opens the requests. The same
        figures are in the table: button above.
      </span>
      <span role="status" className="sr-only" data-testid="chart-reading">
        {place?.spoken && words ? words.spoken : ""}
      </span>
      {place && words && (
        <>
          <svg
            aria-hidden="true"
            width={plot.width}
            height={plot.height}
            className="pointer-events-none absolute inset-0"
          >
            <rect
              x={plot.x(place.slot) - plot.step / 2}
              width={plot.step}
              y={plot.top}
              height={plot.bottom - plot.top}
              fill="var(--text)"
              fillOpacity={0.07}
            />
            {bucket && place.series !== null && (
              <Part plot={plot} data={data} slot={place.slot} series={place.series} />
            )}
          </svg>
          <Reading plot={plot} slot={place.slot} lines={words} lit={place.series} dark={dark} metric={metric} />
        </>
      )}
    </div>
  );
}

/** An outline around one group's part of a bar. */
function Part({ plot, data, slot, series }: { plot: Plot; data: ChartData; slot: number; series: number }) {
  const { values } = data.buckets[slot]!;
  let below = 0;
  for (let index = 0; index < series; index++) if (!data.series[index]!.hidden) below += values[index]!;
  const [top, foot] = [plot.y(below + values[series]!), plot.y(below)];
  return (
    <rect
      key={seriesKey(data.series[series]!)}
      x={plot.x(slot) - plot.bar / 2 - 0.5}
      y={top}
      width={plot.bar + 1}
      height={Math.max(1, foot - top)}
      fill="none"
      stroke="var(--text)"
      strokeWidth={1.5}
    />
  );
}

/** Where a key leads; null where it means nothing here, a slot of -1 where it leads out. */
function moved(key: string, now: Omit<Place, "spoken">, { data, last }: { data: ChartData; last: number }) {
  const to = (slot: number) => ({ slot: Math.min(last, Math.max(0, slot)), series: null });
  switch (key) {
    case "ArrowRight":
      return to(now.slot + 1);
    case "ArrowLeft":
      return to(now.slot < 0 ? last : now.slot - 1);
    case "Home":
      return to(0);
    case "End":
      return to(data.buckets.length - 1);
    case "PageDown":
      return to(now.slot + 7);
    case "PageUp":
      return to(now.slot - 7);
    case "Escape":
      return now.slot < 0 ? null : { slot: -1, series: null };
    case "ArrowUp":
    case "ArrowDown": {
      const values = data.buckets[now.slot]?.values ?? [];
      const parts = values.flatMap((value, index) => (value > 0 && !data.series[index]!.hidden ? [index] : []));
      const from = now.series === null ? (key === "ArrowUp" ? -1 : parts.length) : parts.indexOf(now.series);
      const next = parts[from + (key === "ArrowUp" ? 1 : -1)];
      return { slot: Math.max(0, now.slot), series: next ?? null };
    }
    default:
      return null;
  }
}
