import { memo } from "react";
import { seriesColour } from "@/lib/palette";
import type { Plot } from "./plot";
import { type ChartData, seriesKey } from "./series";

/** The drawn part. It is drawn anew for other figures or another size, never for a pointer that moves over it. */
export const ChartCanvas = memo(function ChartCanvas({
  plot,
  data,
  dark,
}: {
  plot: Plot;
  data: ChartData;
  dark: boolean;
}) {
  return (
    <svg aria-hidden="true" width={plot.width} height={plot.height} className="absolute inset-0" data-chart>
      <title>Use over time</title>
      {plot.ticks.map(({ y, text }) => (
        <g key={text}>
          <line x1={plot.left} x2={plot.right} y1={y} y2={y} stroke="var(--line)" />
          <text x={plot.left - 8} y={y} dy="0.32em" textAnchor="end" fontSize={11} fill="var(--faint)">
            {text}
          </text>
        </g>
      ))}
      {plot.band && <path d={plot.band} fill="var(--accent)" fillOpacity={0.14} />}
      {plot.expected && <path d={plot.expected} fill="none" stroke="var(--accent)" strokeWidth={1.5} />}
      {data.series.map((series, index) => (
        <path
          key={seriesKey(series)}
          data-series={seriesKey(series)}
          d={plot.areas[index]}
          fill={seriesColour(series.colour, dark)}
          stroke="var(--surface)"
          strokeWidth={plot.bar > 8 ? 1 : 0}
          className="transition-opacity duration-100"
        />
      ))}
      {plot.line && (
        <path
          d={plot.line}
          fill="none"
          stroke="var(--text)"
          strokeOpacity={0.55}
          strokeWidth={1.25}
          strokeDasharray="4 3"
          strokeLinejoin="round"
        />
      )}
      <line x1={plot.left} x2={plot.right} y1={plot.bottom} y2={plot.bottom} stroke="var(--line-strong)" />
      {plot.labels.map(({ x, text, anchor }) => (
        <text key={x} x={x} y={plot.height - 5} textAnchor={anchor} fontSize={11} fill="var(--faint)">
          {text}
        </text>
      ))}
    </svg>
  );
});

/** Dims all series but one, in the chart of that part of the page. It is a look, and no reason to render anything. */
export function light(within: Element | null, key: string | null) {
  for (const path of within?.querySelectorAll<SVGPathElement>("[data-chart] [data-series]") ?? []) {
    path.style.opacity = key === null || path.dataset.series === key ? "" : "0.18";
  }
}
