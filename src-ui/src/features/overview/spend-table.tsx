import { ArrowDown, ArrowUp } from "lucide-react";
import { type ReactNode, useMemo, useState } from "react";
import { CopyButton } from "@/components/copy";
import { cn } from "@/lib/cn";
import { sortBy } from "@/lib/sort";
import { type Bucket, type ChartData, exactValue, type Metric, seriesKey, shortValue } from "./series";

interface Column {
  id: string;
  name: string;
  value: (bucket: Bucket) => number | null;
}

/** The chart's figures as a table, for reading them out, for sorting and for copying into a spreadsheet. */
export function SpendTable({
  data,
  metric,
  label,
  against,
}: {
  data: ChartData;
  metric: Metric;
  label: (start: number, end: number) => string;
  against: string | null;
}) {
  const [sort, setSort] = useState({ by: "time", descending: false });
  const columns = useMemo(() => columnsOf(data, against), [data, against]);
  const rows = useMemo(() => {
    const by = columns.find(({ id }) => id === sort.by);
    return sortBy(data.buckets, (bucket) => (by ? by.value(bucket) : bucket.start), sort.descending);
  }, [data, columns, sort]);
  const head = (id: string, name: string, children: ReactNode, className?: string) => {
    const sorted = sort.by === id;
    const Arrow = sort.descending ? ArrowDown : ArrowUp;
    return (
      <th
        key={id}
        scope="col"
        aria-sort={sorted ? (sort.descending ? "descending" : "ascending") : "none"}
        className={cn("max-w-44 px-1 py-0.5 font-normal", className)}
      >
        <button
          type="button"
          title={name}
          // Of figures one looks for the largest, of times for the first.
          onClick={() => setSort({ by: id, descending: sorted ? !sort.descending : id !== "time" })}
          className="inline-flex h-6 max-w-full items-center gap-1 rounded px-2 hover:text-text focus-visible:outline-offset-[-2px]"
        >
          <span className="truncate">{children}</span>
          {sorted && <Arrow aria-hidden className="size-3 shrink-0" />}
        </button>
      </th>
    );
  };
  return (
    <div className="relative mt-3">
      <div
        className="h-[268px] overflow-auto rounded-md border border-line"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
        tabIndex={0}
        role="region"
        aria-label={`${metric} as a table`}
      >
        <table className="w-full border-collapse text-xs">
          <thead className="sticky top-0 z-10 bg-sunken text-muted">
            <tr>
              {head("time", "Time", "Time", "text-left")}
              {columns.map(({ id, name }) => head(id, name, name, "text-right"))}
            </tr>
          </thead>
          <tbody>
            {rows.map((bucket) => (
              <tr key={bucket.start} className="border-line border-t">
                <th scope="row" className="whitespace-nowrap px-3 py-1 text-left font-normal text-muted">
                  {label(bucket.start, bucket.end)}
                </th>
                {columns.map(({ id, value }) => (
                  <td
                    key={id}
                    title={exactValue(metric, value(bucket) ?? 0)}
                    className={cn(
                      "px-3 py-1 text-right",
                      id === "all" && "font-medium",
                      id === "before" && "text-faint",
                    )}
                  >
                    {value(bucket) ? shortValue(metric, value(bucket)!) : <span className="text-faint">–</span>}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <CopyButton
        text={asText(rows, columns, metric, label)}
        label="Copy"
        data-testid="table-copy"
        className="absolute right-3 bottom-3 z-10 shadow-pop"
      />
    </div>
  );
}

function columnsOf({ series }: ChartData, against: string | null): Column[] {
  const shown = series.map((entry, index) => ({ ...entry, index })).filter(({ hidden }) => !hidden);
  return [
    { id: "all", name: "All", value: (bucket) => bucket.total },
    ...(against === null ? [] : [{ id: "before", name: against, value: (bucket: Bucket) => bucket.before }]),
    ...shown.map((entry) => ({
      id: `of ${seriesKey(entry)}`,
      name: entry.label,
      value: (bucket: Bucket) => bucket.values[entry.index]!,
    })),
  ];
}

/** With tabs, as spreadsheets take it; every digit, and no signs that would make a text of a number. */
function asText(rows: Bucket[], columns: Column[], metric: Metric, label: (start: number, end: number) => string) {
  const figure = (value: number | null) => exactValue(metric, value ?? 0).replace(/[$,]/g, "");
  const clean = (text: string) => text.replace(/\s+/g, " ");
  return [
    ["Time", ...columns.map(({ name }) => clean(name))],
    ...rows.map((bucket) => [label(bucket.start, bucket.end), ...columns.map(({ value }) => figure(value(bucket)))]),
  ]
    .map((row) => row.join("\t"))
    .join("\n");
}
