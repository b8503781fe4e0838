import { ChartColumn, Table2 } from "lucide-react";
import { useMemo, useState } from "react";
import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import type { Overview } from "@/api/contract";
import { Button, Card, Segmented } from "@/components/controls";
import { cn } from "@/lib/cn";
import { money, moneyAxis } from "@/lib/money";
import { compact, count } from "@/lib/numbers";
import { seriesColour } from "@/lib/palette";
import { useDark } from "@/lib/theme";
import { dayName, hourTime, weekdayName } from "@/lib/time";
import { type ChartData, chartData, type Metric, type Series } from "./series";
import { UsageTable } from "./usage-table";

export const METRICS: { value: Metric; label: string }[] = [
  { value: "spend", label: "Spend" },
  { value: "requests", label: "Requests" },
  { value: "tokens", label: "Tokens" },
];

export const formatValue = (metric: Metric, value: number) =>
  metric === "spend" ? money(value) : metric === "requests" ? count(value) : compact(value);
const axisValue = (metric: Metric, value: number) => (metric === "spend" ? moneyAxis(value) : compact(value));

const EMPTY: Record<Metric, string> = {
  spend: "No spend in this time. Bars appear here with the first request to a priced model.",
  requests: "No requests in this time. Bars appear here with the first one.",
  tokens: "No tokens in this time. Bars appear here with the first request.",
};

/** Use over time, stacked by model. */
export default function UsageChart({
  overview,
  metric,
  onMetric,
}: {
  overview: Overview;
  metric: Metric;
  onMetric: (metric: Metric) => void;
}) {
  const dark = useDark();
  const data = useMemo(() => chartData(overview, metric), [overview, metric]);
  const [asTable, setAsTable] = useState(false);
  const [lit, setLit] = useState<number | null>(null);
  const label = (start: number) => (overview.bucket === "hour" ? hourTime(start) : dayName(start));
  const longLabel = (start: number) =>
    overview.bucket === "hour" ? `${hourTime(start)} – ${hourTime(start + 3_600_000)}` : weekdayName(start);
  return (
    <Card className="min-w-0 p-4" data-testid="usage-chart">
      <div className="flex flex-wrap items-center gap-2">
        <h2 className="min-w-0 flex-1 font-semibold text-sm">By model</h2>
        <Segmented label="Show" testid="metric" value={metric} onChange={onMetric} options={METRICS} />
        <Button
          variant="ghost"
          size="icon"
          aria-pressed={asTable}
          aria-label={asTable ? "Show as a chart" : "Show as a table"}
          title={asTable ? "Show as a chart" : "Show as a table"}
          data-testid="chart-as-table"
          onClick={() => setAsTable(!asTable)}
        >
          {asTable ? <ChartColumn className="size-4" /> : <Table2 className="size-4" />}
        </Button>
      </div>
      {asTable ? (
        <UsageTable data={data} metric={metric} label={longLabel} />
      ) : (
        <>
          <div className="relative mt-3 h-[220px]" role="figure" aria-label={summary(data, metric)}>
            <ResponsiveContainer width="100%" height="100%">
              <BarChart
                data={data.buckets}
                margin={{ top: 4, right: 4, bottom: 0, left: 0 }}
                barCategoryGap="22%"
                accessibilityLayer
              >
                <CartesianGrid vertical={false} stroke="var(--line)" />
                <XAxis
                  dataKey="start"
                  tickFormatter={label}
                  tick={TICK}
                  tickLine={false}
                  axisLine={{ stroke: "var(--line-strong)" }}
                  minTickGap={24}
                />
                <YAxis
                  width="auto"
                  tickFormatter={(value: number) => axisValue(metric, value)}
                  tick={TICK}
                  tickLine={false}
                  axisLine={false}
                  allowDecimals={metric === "spend"}
                  domain={[0, data.total === 0 ? 4 : "auto"]}
                />
                <Tooltip
                  cursor={{ fill: "var(--hover)" }}
                  isAnimationActive={false}
                  wrapperStyle={{ zIndex: 10, outline: "none" }}
                  content={({ active, payload }) => {
                    const bucket = active
                      ? (payload?.[0]?.payload as ChartData["buckets"][number] | undefined)
                      : undefined;
                    return bucket ? (
                      <Hint
                        bucket={bucket}
                        series={data.series}
                        metric={metric}
                        dark={dark}
                        title={longLabel(bucket.start)}
                      />
                    ) : null;
                  }}
                />
                {data.series.map((series) => (
                  <Bar
                    key={series.label + series.index}
                    dataKey={(bucket: ChartData["buckets"][number]) => bucket.values[series.index]}
                    name={series.label}
                    stackId="all"
                    fill={colour(series, dark)}
                    fillOpacity={lit === null || lit === series.index ? 1 : 0.18}
                    stroke="var(--surface)"
                    strokeWidth={overview.series.length > 12 ? 0.5 : 1}
                    maxBarSize={44}
                    isAnimationActive={false}
                  />
                ))}
              </BarChart>
            </ResponsiveContainer>
            {data.total === 0 && (
              <p className="pointer-events-none absolute inset-0 grid place-items-center pb-6 pl-14">
                <span className="max-w-72 rounded bg-surface px-3 py-1 text-center text-faint">{EMPTY[metric]}</span>
              </p>
            )}
          </div>
          <Legend series={data.series} metric={metric} dark={dark} lit={lit} onLit={setLit} />
        </>
      )}
    </Card>
  );
}

const TICK = { fill: "var(--faint)", fontSize: 11 };
const colour = (series: Series, dark: boolean) => seriesColour(series.rest ? Infinity : series.index, dark);

function summary(data: ChartData, metric: Metric) {
  const largest = data.series.slice(0, 3).map((s) => `${s.label} ${formatValue(metric, s.total)}`);
  return `${metric} over time, ${formatValue(metric, data.total)} in all${largest.length ? `; most: ${largest.join(", ")}` : ""}. The same as a table: button above.`;
}

function Legend({
  series,
  metric,
  dark,
  lit,
  onLit,
}: {
  series: Series[];
  metric: Metric;
  dark: boolean;
  lit: number | null;
  onLit: (index: number | null) => void;
}) {
  return (
    <ul className="mt-3 flex min-h-6 flex-wrap gap-x-4 gap-y-1" aria-label="Models in the chart">
      {series.map((entry) => (
        <li key={entry.label + entry.index} className="min-w-0">
          <button
            type="button"
            onPointerEnter={() => onLit(entry.index)}
            onPointerLeave={() => onLit(null)}
            onFocus={() => onLit(entry.index)}
            onBlur={() => onLit(null)}
            className={cn(
              "flex h-6 max-w-64 items-center gap-1.5 rounded text-xs",
              lit !== null && lit !== entry.index && "opacity-50",
            )}
          >
            <span aria-hidden className="size-2.5 shrink-0 rounded-[3px]" style={{ background: colour(entry, dark) }} />
            <span className="truncate text-muted" title={entry.label}>
              {entry.label}
            </span>
            <span className="shrink-0">{formatValue(metric, entry.total)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function Hint({
  bucket,
  series,
  metric,
  dark,
  title,
}: {
  bucket: ChartData["buckets"][number];
  series: Series[];
  metric: Metric;
  dark: boolean;
  title: string;
}) {
  const lines = series.filter((entry) => bucket.values[entry.index]! > 0).reverse();
  return (
    <div className="min-w-44 max-w-72 rounded-lg border border-line bg-raised px-3 py-2 text-xs shadow-pop">
      <div className="flex justify-between gap-4 font-medium">
        <span>{title}</span>
        <span>{formatValue(metric, bucket.total)}</span>
      </div>
      {lines.map((entry) => (
        <div key={entry.label + entry.index} className="mt-1 flex items-center gap-1.5">
          <span aria-hidden className="size-2 shrink-0 rounded-[2px]" style={{ background: colour(entry, dark) }} />
          <span className="min-w-0 flex-1 truncate text-muted">{entry.label}</span>
          <span className="pl-3">{formatValue(metric, bucket.values[entry.index]!)}</span>
        </div>
      ))}
    </div>
  );
}
