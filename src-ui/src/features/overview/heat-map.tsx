import { type KeyboardEvent, memo, useEffect, useId, useMemo, useState } from "react";
import { type CalendarDay, useCalendar } from "@/api/spend";
import { Card, Skeleton } from "@/components/controls";
import { ErrorNotice } from "@/components/notice";
import { addDays, type Day, dayText } from "@/lib/days";
import { plural } from "@/lib/numbers";
import { useSize } from "@/lib/use-hooks";
import { type Cell, calendarGrid, LEVELS, type Month } from "./heat";
import { useOverviewSearch } from "./search";
import { figure, type Metric, spokenValue } from "./series";

const [GAP, HEAD, SIDE] = [3, 20, 32];
/** From one day to the next: as wide as there is room, but never too small for a finger or as large as a button. */
const [LEAST, MOST] = [13, 20];
const SHADES = ["var(--hover)", 22, 42, 68, 100].map((share) =>
  typeof share === "string" ? share : `color-mix(in oklch, var(--accent) ${share}%, var(--surface))`,
);

/** A year of days, weeks as columns: when much was used, and when nothing. */
export function HeatMap({ metric, today }: { metric: Metric; today: Day }) {
  const calendar = useCalendar();
  const days = calendar.data?.days;
  const grid = useMemo(() => days && calendarGrid(days, today, (day) => figure(day, metric)), [days, today, metric]);
  if (calendar.data === null) return null;
  const used = days?.filter((day) => day.requests > 0).length ?? 0;
  return (
    <Card className="min-w-0 p-4" data-testid="heat-map">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <h2 className="font-semibold text-sm">The last twelve months</h2>
        <p className="text-faint text-xs">
          {days && (used > 0 ? `${plural(used, "day")} with requests` : "no requests yet")}
        </p>
      </div>
      {calendar.error && !days ? (
        <ErrorNotice className="mt-3" error={calendar.error} onRetry={() => void calendar.refetch()} />
      ) : grid ? (
        <Year grid={grid} metric={metric} today={today} />
      ) : (
        <Skeleton className="mt-3 h-[160px] w-full" />
      )}
    </Card>
  );
}

function Year({ grid, metric, today }: { grid: ReturnType<typeof calendarGrid>; metric: Metric; today: Day }) {
  const { toDays } = useOverviewSearch();
  const [found, setFound] = useState<{ day: Day; spoken: boolean } | null>(null);
  const hint = useId();
  const cell = found && grid.byDay.get(found.day);
  const [frame, room] = useSize<HTMLDivElement>();
  const step = Math.min(MOST, Math.max(LEAST, Math.floor((room - SIDE) / grid.weeks)));
  const [width, height] = [SIDE + grid.weeks * step, HEAD + 7 * step];
  // What is looked for is the end: on a narrow screen the rest is scrolled to.
  useEffect(() => {
    if (frame.current && room > 0) frame.current.scrollLeft = frame.current.scrollWidth;
  }, [frame, room]);
  const open = (day: Day) => toDays({ from: day, to: day });
  const words =
    cell &&
    `${dayText(cell.day, { weekday: "long", month: "long", day: "numeric", year: "numeric" })}: ${said(cell.use, metric)}`;
  const keys = (event: KeyboardEvent) => {
    const from = found?.day ?? addDays(today, 1);
    const step = { ArrowUp: -1, ArrowDown: 1, ArrowLeft: -7, ArrowRight: 7, PageUp: -28, PageDown: 28 }[event.key];
    const to = event.key === "Home" ? grid.first : event.key === "End" ? today : step && addDays(from, step);
    if (to) {
      const day = to < grid.first ? grid.first : to > today ? today : to;
      setFound({ day, spoken: true });
    } else if ((event.key === "Enter" || event.key === " ") && found) open(found.day);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <div ref={frame} className="mt-2 overflow-x-auto pb-1">
        <div
          role="application"
          aria-roledescription="calendar"
          aria-label={`${metric} on each day of the last twelve months`}
          aria-describedby={hint}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys read it
          tabIndex={0}
          data-testid="heat"
          className="relative mx-auto rounded"
          style={{ width, height }}
          onKeyDown={keys}
          onFocus={(event) => {
            if (!found && event.currentTarget.matches(":focus-visible")) setFound({ day: today, spoken: true });
          }}
          onBlur={() => setFound(null)}
          onPointerMove={(event) => {
            const box = event.currentTarget.getBoundingClientRect();
            const [week, row] = [(event.clientX - box.left - SIDE) / step, (event.clientY - box.top - HEAD) / step];
            const at = row < 0 || row >= 7 ? undefined : grid.cells[Math.floor(week) * 7 + Math.floor(row)];
            setFound((old) =>
              at?.day === old?.day && !old?.spoken ? old : at ? { day: at.day, spoken: false } : null,
            );
          }}
          onPointerLeave={() => setFound(null)}
          onClick={() => found && open(found.day)}
        >
          <span id={hint} className="sr-only">
            Arrow keys up and down go from day to day, left and right from week to week. Enter opens the day.
          </span>
          <span role="status" className="sr-only" data-testid="heat-reading">
            {found?.spoken ? words : ""}
          </span>
          <Days cells={grid.cells} months={grid.months} width={width} step={step} />
          {cell && (
            <>
              <span
                aria-hidden
                className="pointer-events-none absolute rounded-[4px] border-2 border-text"
                style={{
                  left: SIDE + cell.week * step - 2,
                  top: HEAD + cell.row * step - 2,
                  width: step - GAP + 4,
                  height: step - GAP + 4,
                }}
              />
              <p
                aria-hidden
                data-testid="heat-tooltip"
                className="pointer-events-none absolute z-10 w-max max-w-64 rounded-md bg-text px-2 py-1 text-page text-xs shadow-pop"
                style={{
                  top: HEAD + cell.row * step + (cell.row > 3 ? -8 : step + 4),
                  ...(cell.week > grid.weeks / 2
                    ? { right: width - SIDE - cell.week * step + 6 }
                    : { left: SIDE + (cell.week + 1) * step + 4 }),
                  translate: cell.row > 3 ? "0 -100%" : undefined,
                }}
              >
                {words}
              </p>
            </>
          )}
        </div>
      </div>
      <p aria-hidden className="mt-1 flex items-center justify-end gap-1 text-2xs text-faint">
        less
        {SHADES.map((shade) => (
          <span key={shade} className="size-2.5 rounded-[2px]" style={{ background: shade }} />
        ))}
        more
      </p>
    </>
  );
}

function said(use: CalendarDay | undefined, metric: Metric) {
  if (!use || use.requests === 0) return "nothing";
  if (metric === "requests") return spokenValue("requests", use.requests);
  return `${spokenValue(metric, figure(use, metric))} in ${plural(use.requests, "request")}`;
}

const WEEKDAYS = [
  [0, "Mon"],
  [2, "Wed"],
  [4, "Fri"],
] as const;

const Days = memo(function Days({
  cells,
  months,
  width,
  step,
}: {
  cells: Cell[];
  months: Month[];
  width: number;
  step: number;
}) {
  const side = step - GAP - 4;
  const shades = Array.from({ length: LEVELS }, (_, level) =>
    cells
      .filter((cell) => cell.level === level)
      .map(
        ({ week, row }) =>
          `M${SIDE + week * step + 2} ${HEAD + row * step}h${side}q2 0 2 2v${side}q0 2 -2 2h-${side}q-2 0 -2 -2v-${side}q0 -2 2 -2z`,
      )
      .join(""),
  );
  return (
    <svg aria-hidden="true" width={width} height={HEAD + 7 * step} fontSize={11} fill="var(--faint)">
      <title>Days</title>
      {months.map(({ week, name }) => (
        <text key={week} x={SIDE + week * step} y={11}>
          {name}
        </text>
      ))}
      {WEEKDAYS.map(([row, name]) => (
        <text key={row} x={0} y={HEAD + row * step + step / 2 + 2}>
          {name}
        </text>
      ))}
      {shades.map((d, level) => (
        <path key={level} d={d} fill={SHADES[level]} />
      ))}
    </svg>
  );
});
