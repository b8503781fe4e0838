import { ChartColumn, Share, Table2 } from "lucide-react";
import { useMemo, useState } from "react";
import { BYS, type By, type Spend } from "@/api/spend";
import { Button, Card, Segmented } from "@/components/controls";
import { Select } from "@/components/select";
import { useDark } from "@/lib/theme";
import { useSize } from "@/lib/use-hooks";
import { ChartCanvas } from "./chart-canvas";
import { ChartReader } from "./chart-reader";
import type { Span } from "./drill";
import type { Compared } from "./hero";
import { Legend } from "./legend";
import { type Ahead, plot } from "./plot";
import { axisValue, type ChartData, chartData, METRICS, type Metric, shortValue } from "./series";
import { SharePicture } from "./share-picture";
import { SpendTable } from "./spend-table";
import { BY_WORDS, slotWords } from "./words";

const HEIGHT = 240;
const METRIC_OPTIONS = METRICS.map((value) => ({ value, label: value.charAt(0).toUpperCase() + value.slice(1) }));

const EMPTY: Record<Metric, string> = {
  spend: "No spend in this time. Bars appear here with the first request to a priced model.",
  requests: "No requests in this time. Bars appear here with the first one.",
  tokens: "No tokens in this time. Bars appear here with the first request.",
};
const NONE: ReadonlySet<string> = new Set();
const NO_DAYS: readonly Ahead[] = [];

/** Use over time, stacked by whatever tells requests apart. */
export function SpendChart({
  spend,
  by,
  metric,
  onMetric,
  onBy,
  against,
  than,
  ahead = NO_DAYS,
  onOpen,
  period,
}: {
  spend: Spend;
  /** What is asked for, which the figures may still be on their way of. */
  by: By;
  metric: Metric;
  onMetric: (metric: Metric) => void;
  onBy: (by: By) => void;
  /** What it is compared with; null: with nothing. */
  against: string | null;
  /** The same as far as it has come. */
  than: Compared | null;
  /** Days to come, as far as something is known of them. */
  ahead?: readonly Ahead[];
  /** To the requests of a bar, or of one group's part of it; absent for those who may not see them. */
  onOpen?: (span: Span, id?: string | null) => void;
  period: string;
}) {
  const dark = useDark();
  const [hiding, setHiding] = useState<{ by: By; keys: ReadonlySet<string> }>({ by: spend.by, keys: NONE });
  // Another grouping has other groups: what was hidden among the former says nothing of them.
  const hidden = hiding.by === spend.by ? hiding.keys : NONE;
  const data = useMemo(() => chartData(spend, metric, hidden), [spend, metric, hidden]);
  const [asTable, setAsTable] = useState(false);
  const [sharing, setSharing] = useState(false);
  const words = useMemo(() => slotWords(spend), [spend]);
  const toggle = (key: string) => {
    const keys = new Set(hidden);
    if (!keys.delete(key)) keys.add(key);
    setHiding({ by: spend.by, keys });
  };
  // What is compared and what is expected are known of all groups together: beside some of them they would say something wrong.
  const isWhole = data.series.every((series) => !series.hidden);
  const beside = isWhole ? against : null;
  const days = isWhole && metric === "spend" ? ahead : NO_DAYS;
  return (
    <Card className="min-w-0 p-4" data-testid="usage-chart">
      <div className="flex flex-wrap items-center gap-2">
        <h2 className="min-w-0 flex-1 basis-28 truncate max-sm:order-1 font-semibold text-sm">
          {METRIC_OPTIONS.find(({ value }) => value === metric)?.label} by {BY_WORDS[spend.by].label.toLowerCase()}
        </h2>
        <span className="flex flex-wrap gap-2 max-sm:order-3 max-sm:w-full">
          <Segmented label="Show" testid="metric" value={metric} onChange={onMetric} options={METRIC_OPTIONS} />
          <Select
            label="Told apart by"
            testid="by"
            className="w-auto"
            value={by}
            onChange={(by) => onBy(by as By)}
            options={BYS.map((value) => ({ value, label: BY_WORDS[value].label }))}
          />
        </span>
        <span className="flex max-sm:order-2 max-sm:-mr-2">
          <Button
            variant="ghost"
            size="icon"
            aria-label="Share a picture of the chart"
            title="Share a picture of the chart"
            data-testid="chart-share"
            onClick={() => setSharing(true)}
          >
            <Share className="size-4" />
          </Button>
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
        </span>
      </div>
      {asTable ? (
        <SpendTable data={data} metric={metric} label={words.long} against={beside} />
      ) : (
        <>
          <Drawn
            data={data}
            metric={metric}
            dark={dark}
            ahead={days}
            words={words}
            compared={beside}
            onOpen={onOpen && ((span, series) => onOpen(span, series === null ? undefined : data.series[series]?.id))}
          />
          <Legend
            data={data}
            metric={metric}
            dark={dark}
            against={beside}
            forecast={days.length > 0}
            onToggle={toggle}
          />
        </>
      )}
      {sharing && (
        <SharePicture
          spend={spend}
          data={data}
          metric={metric}
          words={words}
          period={period}
          against={beside}
          than={than}
          onClose={() => setSharing(false)}
        />
      )}
    </Card>
  );
}

function Drawn({
  data,
  metric,
  dark,
  ahead,
  words,
  compared,
  onOpen,
}: {
  data: ChartData;
  metric: Metric;
  dark: boolean;
  ahead: readonly Ahead[];
  words: ReturnType<typeof slotWords>;
  compared: string | null;
  onOpen?: (span: Span, series: number | null) => void;
}) {
  const [frame, width] = useSize<HTMLDivElement>();
  const drawn = useMemo(
    () =>
      width === 0
        ? null
        : plot(
            data,
            ahead,
            { width, height: HEIGHT },
            { value: (value) => axisValue(metric, value), slot: words.short, mark: words.mark },
            { whole: metric !== "spend", compared: compared !== null },
          ),
    [data, ahead, width, metric, words, compared],
  );
  return (
    <div ref={frame} className="relative mt-3" style={{ height: HEIGHT }}>
      {drawn && (
        <>
          <ChartCanvas plot={drawn} data={data} dark={dark} />
          <ChartReader
            plot={drawn}
            data={data}
            ahead={ahead}
            metric={metric}
            dark={dark}
            title={words.long}
            against={compared}
            label={summary(data, metric)}
            onOpen={onOpen}
          />
        </>
      )}
      {data.total === 0 && data.series.every(({ hidden }) => !hidden) && (
        <p className="pointer-events-none absolute inset-0 grid place-items-center pb-6 pl-14">
          <span className="max-w-72 rounded bg-surface px-3 py-1 text-center text-faint">{EMPTY[metric]}</span>
        </p>
      )}
    </div>
  );
}

function summary(data: ChartData, metric: Metric) {
  const shown = data.series.filter(({ hidden }) => !hidden);
  const largest = shown.slice(0, 3).map(({ label, total }) => `${label} ${shortValue(metric, total)}`);
  return `${metric} over time, ${shortValue(metric, data.total)} in all${largest.length ? `; most: ${largest.join(", ")}` : ""}`;
}
