import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { type By, type Group, type Period, type Totals, useSpendBeside } from "@/api/spend";
import { Card, Skeleton } from "@/components/controls";
import { ErrorNotice } from "@/components/notice";
import { cn } from "@/lib/cn";
import { spentOf } from "@/lib/money";
import { compact, count } from "@/lib/numbers";
import { canDrill, logFilter, type Span } from "./drill";
import { type Metric, measure, tokensOf } from "./series";
import { BY_WORDS, groupName } from "./words";

const AT_MOST = 6;

const LISTS: { by: By; empty: string }[] = [
  { by: "model", empty: "Models appear here with their first request." },
  { by: "key", empty: "Keys appear here once they are used." },
  { by: "tool", empty: "Tools appear here by the name they send." },
  { by: "provider", empty: "Providers appear here once they are asked." },
];

interface Props {
  period: Period;
  metric: Metric;
  /** What the page is opened for comes first: these wait for it. */
  ready: boolean;
}

/** Who spends it. Each line leads to its requests in these days. */
export function TopLists(props: Props) {
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-2 2xl:grid-cols-4">
        {LISTS.map((list) => (
          <TopList key={list.by} {...list} {...props} />
        ))}
      </div>
      <FurtherLists {...props} />
    </>
  );
}

// Whether there is anything to show; what is shown is read as often as its neighbours.
const RARELY = 120_000;
const AS_MANY = ["", "", "sm:grid-cols-2", "sm:grid-cols-2 xl:grid-cols-3"];

/** What not every gateway has: each is there once a request named one of its kind. */
function FurtherLists(props: Props) {
  const project = useSpendBeside(props.period, "project", props.ready, RARELY);
  const organization = useSpendBeside(props.period, "organization", props.ready, RARELY);
  const endUser = useSpendBeside(props.period, "end_user", props.ready, RARELY);
  const named = [project, organization, endUser].flatMap(({ data }) =>
    data?.groups.some(({ id, totals }) => id && totals.requests > 0) ? [data.by] : [],
  );
  if (named.length === 0) return null;
  return (
    <div className={cn("grid gap-4", AS_MANY[named.length])}>
      {named.map((by) => (
        <TopList key={by} by={by} {...props} />
      ))}
    </div>
  );
}

function TopList({
  by,
  empty,
  period,
  metric,
  ready,
}: Props & {
  by: By;
  /** What stands there before anything does; absent where it is not shown empty. */
  empty?: string;
}) {
  const { data, error, refetch } = useSpendBeside(period, by, ready);
  const spend = data?.by === by ? data : undefined;
  const ranked = spend?.groups
    .filter(({ totals }) => totals.requests > 0)
    .sort(
      (a, b) =>
        Number(a.id === null) - Number(b.id === null) ||
        measure(b.totals, metric) - measure(a.totals, metric) ||
        b.totals.requests - a.totals.requests,
    );
  const most = Math.max(1, ...(ranked ?? []).map(({ totals }) => measure(totals, metric)));
  const rest = ranked ? ranked.length - AT_MOST : 0;
  const span = spend && { start: spend.from, end: spend.to };
  return (
    <Card className={cn("flex min-w-0 flex-col p-2", empty && "min-h-[252px]")} data-testid={`top-${by}`}>
      <h2 className="px-2 pt-1 pb-2 font-semibold text-sm">{BY_WORDS[by].many}</h2>
      {error && !spend ? (
        <ErrorNotice error={error} onRetry={() => void refetch()} />
      ) : (
        !ranked && [0, 1, 2, 3].map((line) => <Skeleton key={line} className="mx-2 my-2" />)
      )}
      {ranked?.length === 0 && <p className="m-auto max-w-52 pb-6 text-center text-faint">{empty}</p>}
      <ul>
        {ranked?.slice(0, AT_MOST).map((group) => (
          <li key={group.id ?? "rest"}>
            <Line by={by} group={group} span={span} share={measure(group.totals, metric) / most} metric={metric} />
          </li>
        ))}
      </ul>
      {rest > 0 && <p className="mt-auto px-2 pt-1 text-2xs text-faint">and {rest} more</p>}
    </Card>
  );
}

function Line({
  by,
  group,
  span,
  share,
  metric,
}: {
  by: By;
  group: Group;
  span: Span | undefined;
  share: number;
  metric: Metric;
}) {
  const name = groupName(by, group);
  const figures = (
    <>
      <span
        aria-hidden
        className="absolute inset-y-1 left-0 rounded bg-accent-soft"
        style={{ width: `${share * 100}%` }}
      />
      <span className="relative min-w-0 flex-1 truncate" title={name}>
        {name}
      </span>
      <span className="relative shrink-0 text-faint text-xs">
        {metric === "requests" ? `${compact(tokensOf(group.totals))} tok` : `${compact(group.totals.requests)} req`}
      </span>
      <span className="relative min-w-16 shrink-0 text-right">{shown(group.totals, metric)}</span>
    </>
  );
  const className = "relative flex h-8 items-center gap-2 rounded-md px-2";
  return canDrill(group.id) ? (
    <Link to="/requests" search={logFilter(by, group.id, span)} className={`${className} hover:bg-hover`}>
      {figures}
    </Link>
  ) : (
    <div className={className}>{figures}</div>
  );
}

/** Where there is no price, the word stands instead of a zero. */
function shown(totals: Totals, metric: Metric): ReactNode {
  if (metric === "requests") return count(totals.requests);
  if (metric === "tokens") return compact(tokensOf(totals));
  const { text, kind } = spentOf(totals);
  return kind === "word" ? <span className="text-muted text-xs">{text}</span> : text;
}
