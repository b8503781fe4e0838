import { Eye, EyeOff } from "lucide-react";
import { cn } from "@/lib/cn";
import { seriesColour } from "@/lib/palette";
import { light } from "./chart-canvas";
import { type ChartData, type Metric, type Series, seriesKey, shortValue } from "./series";

/** Which colour is whose; each is a switch that hides its group. */
export function Legend({
  data,
  metric,
  dark,
  against,
  forecast,
  onToggle,
}: {
  data: ChartData;
  metric: Metric;
  dark: boolean;
  against: string | null;
  forecast: boolean;
  onToggle: (key: string) => void;
}) {
  const lit = (event: { currentTarget: Element }, series: Series | null) =>
    light(event.currentTarget.closest("section"), series && !series.hidden ? seriesKey(series) : null);
  const compared = against !== null && data.buckets.some(({ before }) => (before ?? 0) > 0);
  return (
    <div className="mt-3 flex min-h-6 flex-wrap items-start gap-x-4 gap-y-1">
      <ul
        className="flex min-w-0 flex-1 basis-full flex-wrap gap-x-4 gap-y-1 sm:basis-0"
        aria-label="Groups in the chart"
      >
        {data.series.map((series) => (
          <li key={seriesKey(series)} className="min-w-0">
            <button
              type="button"
              data-testid="legend-entry"
              aria-pressed={!series.hidden}
              title={`${series.label}: ${series.hidden ? "show" : "hide"}`}
              onPointerEnter={(event) => lit(event, series)}
              onPointerLeave={(event) => lit(event, null)}
              onFocus={(event) => lit(event, series)}
              onBlur={(event) => lit(event, null)}
              onClick={(event) => {
                onToggle(seriesKey(series));
                lit(event, null);
              }}
              className="group flex h-6 max-w-64 items-center gap-1.5 rounded text-xs"
            >
              <span aria-hidden className="relative size-2.5 shrink-0">
                <span
                  className={cn("absolute inset-0 rounded-[3px] group-hover:opacity-0", series.hidden && "opacity-25")}
                  style={{ background: seriesColour(series.colour, dark) }}
                />
                {series.hidden ? (
                  <Eye className="absolute -inset-0.5 size-3.5 opacity-0 group-hover:opacity-100" />
                ) : (
                  <EyeOff className="absolute -inset-0.5 size-3.5 opacity-0 group-hover:opacity-100" />
                )}
              </span>
              <span className={cn("truncate text-muted", series.hidden && "text-faint line-through")}>
                {series.label}
              </span>
              <span className={cn("shrink-0", series.hidden && "text-faint")}>{shortValue(metric, series.total)}</span>
            </button>
          </li>
        ))}
      </ul>
      {(compared || forecast) && (
        <p className="flex h-6 flex-wrap items-center gap-x-4 text-faint text-xs">
          {compared && (
            <span className="flex items-center gap-1.5">
              <svg aria-hidden="true" width="18" height="2">
                <line x2="18" y1="1" y2="1" stroke="var(--text)" strokeOpacity="0.55" strokeDasharray="4 3" />
              </svg>
              {against}
            </span>
          )}
          {forecast && (
            <span className="flex items-center gap-1.5">
              <span aria-hidden className="h-2.5 w-4 border-accent border-t-[1.5px] bg-accent/14" />
              expected
            </span>
          )}
        </p>
      )}
    </div>
  );
}
