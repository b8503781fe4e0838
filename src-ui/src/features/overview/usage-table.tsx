import type { ChartData, Metric } from "./series";
import { formatValue } from "./usage-chart";

/** The chart's figures as a table, for reading them out and for copying. */
export function UsageTable({
  data,
  metric,
  label,
}: {
  data: ChartData;
  metric: Metric;
  label: (start: number) => string;
}) {
  return (
    <div
      className="mt-3 h-[256px] overflow-auto rounded-md border border-line"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
      tabIndex={0}
      role="region"
      aria-label={`${metric} as a table`}
    >
      <table className="w-full border-collapse text-xs">
        <thead className="sticky top-0 bg-sunken text-muted">
          <tr>
            <th scope="col" className="px-3 py-1.5 text-left font-normal">
              Time
            </th>
            <th scope="col" className="px-3 py-1.5 text-right font-medium text-text">
              All
            </th>
            {data.series.map((series) => (
              <th
                key={series.label + series.index}
                scope="col"
                title={series.label}
                className="max-w-40 truncate px-3 py-1.5 text-right font-normal"
              >
                {series.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {data.buckets.map((bucket) => (
            <tr key={bucket.start} className="border-line border-t">
              <th scope="row" className="whitespace-nowrap px-3 py-1 text-left font-normal text-muted">
                {label(bucket.start)}
              </th>
              <td className="px-3 py-1 text-right font-medium">
                {bucket.total === 0 ? <span className="text-faint">–</span> : formatValue(metric, bucket.total)}
              </td>
              {bucket.values.map((value, index) => (
                <td key={index} className="px-3 py-1 text-right">
                  {value === 0 ? <span className="text-faint">–</span> : formatValue(metric, value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
