import type { ReactNode } from "react";
import type { Overview, Totals } from "@/api/contract";
import { Card, Skeleton } from "@/components/controls";
import { cn } from "@/lib/cn";
import { money, moneyExact } from "@/lib/money";
import { compact, count, percent, plural } from "@/lib/numbers";
import { change, tokensOf } from "./series";

const BEFORE: Record<Overview["range"], string> = {
  today: "yesterday",
  "7d": "previous 7 days",
  "30d": "previous 30 days",
};

/** The four figures one opens the page for. */
export function Hero({ overview }: { overview: Overview | undefined }) {
  const now = overview?.totals;
  const before = overview?.previous;
  const against = overview ? BEFORE[overview.range] : "";
  const figure = (read: (totals: Totals) => number) => (now && before ? change(read(now), read(before)) : null);
  return (
    <Card className="grid grid-cols-2 divide-line lg:grid-cols-4 lg:divide-x [&>*]:border-line max-lg:[&>*:nth-child(-n+2)]:border-b max-lg:[&>*:nth-child(odd)]:border-r">
      <Figure
        label="Spend"
        testid="overview-spend"
        value={now && money(now.cost_nanos)}
        title={now && moneyExact(now.cost_nanos)}
        delta={figure((t) => t.cost_nanos)}
        against={against}
      >
        {now && spendNote(now)}
      </Figure>
      <Figure
        label="Requests"
        testid="overview-requests"
        value={now && count(now.requests)}
        delta={figure((t) => t.requests)}
        against={against}
      >
        {now && (now.cancelled > 0 ? `${count(now.cancelled)} cancelled` : "none cancelled")}
      </Figure>
      <Figure
        label="Tokens"
        testid="overview-tokens"
        value={now && compact(tokensOf(now))}
        title={now && count(tokensOf(now))}
        delta={figure(tokensOf)}
        against={against}
      >
        {now &&
          `${compact(now.input_tokens)} in · ${compact(now.output_tokens)} out${now.input_tokens > 0 ? ` · ${percent(now.cache_read_tokens / now.input_tokens)} cached` : ""}`}
      </Figure>
      <Figure
        label="Errors"
        testid="overview-errors"
        value={now && count(now.errors)}
        bad={(now?.errors ?? 0) > 0}
        delta={figure((t) => t.errors)}
        against={against}
      >
        {now && (now.requests > 0 ? `${percent(now.errors / now.requests)} of requests` : "no requests yet")}
      </Figure>
    </Card>
  );
}

function spendNote(totals: Totals) {
  const notes = [];
  if (totals.unpriced_requests > 0) notes.push(`${count(totals.unpriced_requests)} unpriced`);
  if (totals.local_requests > 0) notes.push(`${count(totals.local_requests)} local`);
  if (notes.length > 0) return notes.join(" · ");
  return totals.requests > 0 ? `${plural(totals.requests, "request")} priced` : "nothing spent yet";
}

function Figure({
  label,
  value,
  title,
  delta,
  against,
  bad,
  testid,
  children,
}: {
  label: string;
  value: string | undefined;
  title?: string;
  delta: number | null;
  against: string;
  bad?: boolean;
  testid: string;
  children: ReactNode;
}) {
  return (
    <div className="min-w-0 px-4 py-3">
      <div className="flex items-baseline justify-between gap-2">
        <h2 className="text-muted text-xs">{label}</h2>
        {delta !== null && (
          <span className="truncate text-2xs text-faint" title={`against ${against}`}>
            <span className="font-medium text-muted">{`${delta > 0 ? "▲" : delta < 0 ? "▼" : ""} ${changeText(delta)}`}</span>
            <span className="sr-only"> against {against}</span>
            <span aria-hidden className="hidden xl:inline">
              {" "}
              vs {against}
            </span>
          </span>
        )}
      </div>
      <p
        data-testid={testid}
        title={title}
        className={cn("mt-1 h-8 truncate font-semibold text-2xl tracking-tight", bad && "text-bad")}
      >
        {value ?? <Skeleton className="mt-1 h-6 w-24" />}
      </p>
      <p className="h-4 truncate text-faint text-xs">{children}</p>
    </div>
  );
}

const changeText = (delta: number) =>
  Math.abs(delta) >= 9.995 ? `${Math.round(Math.abs(delta) + 1)}×` : percent(Math.abs(delta));
