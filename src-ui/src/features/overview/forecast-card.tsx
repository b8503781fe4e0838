import { type Forecast, type ForecastPoint, useForecast } from "@/api/forecast";
import { Card, Skeleton } from "@/components/controls";
import { ErrorNotice } from "@/components/notice";
import { dayOf, dayText, monthEnd } from "@/lib/days";
import { money, moneyExact } from "@/lib/money";
import { plural } from "@/lib/numbers";

/** What this month will have cost, as far as that can be said. Absent where the gateway makes no forecasts. */
export function ForecastCard() {
  const { data, error, refetch } = useForecast();
  if (data === null) return null;
  return (
    <Card className="flex min-w-0 flex-col p-4" data-testid="forecast">
      <h2 className="font-semibold text-sm">
        {data ? `${dayText(`${data.month}-01`, { month: "long" })} so far` : "This month so far"}
      </h2>
      {error && !data ? (
        <ErrorNotice className="mt-3" error={error} onRetry={() => void refetch()} />
      ) : data ? (
        <Said forecast={data} />
      ) : (
        <>
          <Skeleton className="mt-3 h-6 w-24" />
          <Skeleton className="mt-3 h-20 w-full" />
        </>
      )}
    </Card>
  );
}

function Said({ forecast }: { forecast: Forecast }) {
  const { spent_nanos, expected_nanos, low_nanos, high_nanos, basis_days } = forecast.total;
  const known = low_nanos !== null && high_nanos !== null;
  return (
    <>
      <p className="mt-1 flex items-baseline gap-2">
        <span
          className="font-semibold text-2xl tracking-tight"
          title={moneyExact(spent_nanos)}
          data-testid="forecast-spent"
        >
          {money(spent_nanos)}
        </span>
        <span className="text-muted text-xs">spent</span>
      </p>
      {known ? (
        <>
          <p className="text-muted text-sm" data-testid="forecast-expected">
            <strong className="font-medium text-text" title={moneyExact(expected_nanos)}>
              {money(expected_nanos)}
            </strong>{" "}
            expected on {dayText(monthEnd(`${forecast.month}-01`), { month: "long", day: "numeric" })}
          </p>
          <Curve forecast={forecast} />
          <p className="mt-auto pt-1 text-faint text-xs" title={`Made from ${plural(basis_days, "whole day")}.`}>
            {forecast.coverage_percent}% of such months end between {money(low_nanos)} and {money(high_nanos)}.
          </p>
        </>
      ) : (
        <p className="mt-1 text-muted text-sm" data-testid="forecast-unknown">
          Too early to say what it will be:{" "}
          {basis_days === 0 ? "nothing was spent on a whole day yet" : `only ${plural(basis_days, "day")} to go by`}. A
          forecast appears here after three.
        </p>
      )}
    </>
  );
}

const high = (point: ForecastPoint) => point.high_nanos ?? point.expected_nanos;

/** The month's sum, day by day: what it came to, and between what it will go on. Drawn in percent, so that it fills its place. */
function Curve({ forecast }: { forecast: Forecast }) {
  const { points, timezone } = forecast;
  const today = dayOf(Date.now(), timezone);
  const most = Math.max(1, ...points.map(high));
  const place = (index: number, nanos: number) =>
    `${(((index + 1) / points.length) * 100).toFixed(2)} ${(98 - (nanos / most) * 94).toFixed(2)}`;
  const over = points.findIndex(({ date }) => date >= today);
  const last = over < 0 ? points.length - 1 : over - 1;
  // The band begins where the last day ended that is over.
  const foot = last < 0 ? "0 98" : place(last, points[last]!.expected_nanos);
  const along = (read: (point: ForecastPoint) => number, from: number, to: number) =>
    points.slice(from, to).map((point, index) => place(from + index, read(point)));
  const path = (places: string[]) => `M${places.join("L")}`;
  const past = ["0 98", ...along((p) => p.expected_nanos, 0, last + 1)];
  const ahead = (read: (point: ForecastPoint) => number) => along(read, last + 1, points.length);
  const low = ahead((p) => p.low_nanos ?? p.expected_nanos).reverse();
  const line = { fill: "none", stroke: "var(--accent)", vectorEffect: "non-scaling-stroke" } as const;
  return (
    <div className="relative my-2 min-h-20 flex-1">
      <svg aria-hidden="true" viewBox="0 0 100 100" preserveAspectRatio="none" className="absolute inset-0 size-full">
        <title>Spend since the month began</title>
        <path d={`${path(past)}V98H0z`} fill="var(--accent-soft)" />
        <path d={`${path([foot, ...ahead(high), ...low])}z`} fill="var(--accent)" fillOpacity={0.2} />
        <path d={path(past)} {...line} strokeWidth={2} strokeLinejoin="round" />
        <path d={path([foot, ...ahead((p) => p.expected_nanos)])} {...line} strokeWidth={1.5} strokeDasharray="3 3" />
        <path d="M0 98H100" {...line} stroke="var(--line-strong)" />
      </svg>
    </div>
  );
}
