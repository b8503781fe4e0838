import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Spend, Totals } from "@/api/spend";
import { Card, Skeleton } from "@/components/controls";
import { Tooltip } from "@/components/tooltip";
import { cn } from "@/lib/cn";
import { money, moneyExact } from "@/lib/money";
import { compact, count, percent, plural } from "@/lib/numbers";
import { tokensOf } from "./series";
import { change } from "./words";

/** What the figures are compared with: as far as that period has come. */
export interface Compared {
  totals: Totals;
  name: string;
}

/** The four figures one opens the page for, each beside that of the compared period. */
export function Hero({ spend, than }: { spend: Spend | undefined; than: Compared | null }) {
  const now = spend?.totals;
  const { totals: before, name: against = "" } = than ?? {};
  const figure = (read: (totals: Totals) => number, show: (value: number) => string) =>
    now && before ? { now: read(now), before: read(before), show, against } : null;
  return (
    <Card className="grid grid-cols-2 divide-line lg:grid-cols-[1.2fr_1fr_1fr_1fr] lg:divide-x [&>*]:border-line max-lg:[&>*:nth-child(-n+2)]:border-b max-lg:[&>*:nth-child(odd)]:border-r">
      <Figure
        label="Spend"
        testid="overview-spend"
        value={now && money(now.cost_nanos)}
        title={now && moneyExact(now.cost_nanos)}
        than={figure((t) => t.cost_nanos, money)}
      >
        {now && <BesideSpend totals={now} />}
      </Figure>
      <Figure
        label="Requests"
        testid="overview-requests"
        value={now && count(now.requests)}
        than={figure((t) => t.requests, count)}
      >
        {now && (now.cancelled > 0 ? `${count(now.cancelled)} cancelled` : "none cancelled")}
      </Figure>
      <Figure
        label="Tokens"
        testid="overview-tokens"
        value={now && compact(tokensOf(now))}
        title={now && count(tokensOf(now))}
        than={figure(tokensOf, compact)}
      >
        {now &&
          `${compact(now.input_tokens)} in · ${compact(now.output_tokens)} out${now.input_tokens > 0 ? ` · ${percent(now.cache_read_tokens / now.input_tokens)} cached` : ""}`}
      </Figure>
      <Figure
        label="Errors"
        testid="overview-errors"
        value={now && count(now.errors)}
        bad={(now?.errors ?? 0) > 0}
        than={figure((t) => t.errors, count)}
      >
        {now && (now.requests > 0 ? `${percent(now.errors / now.requests)} of requests` : "no requests yet")}
      </Figure>
    </Card>
  );
}

/** Where prices are set for what has none. */
export const SET_PRICES = { unpriced: true } as const;

const COVERED =
  "Requests within a flat rate would have cost this much. Nobody is billed for it, so it is not part of the spend.";
const LOCAL = "Models on your own machines: they cost nothing here.";

/** What is no money spent, in figures of its own: a sum of both would be on nobody's bill. */
function BesideSpend({ totals }: { totals: Totals }) {
  const notes: ReactNode[] = [];
  if (totals.unpriced_requests > 0)
    notes.push(
      <Link
        key="unpriced"
        to="/models"
        search={SET_PRICES}
        data-testid="unpriced-link"
        className="whitespace-nowrap rounded text-accent-text underline-offset-2 hover:underline"
        title={`${plural(totals.unpriced_requests, "request")} of models without a price. Set one to have them counted.`}
      >
        {count(totals.unpriced_requests)} unpriced
      </Link>,
    );
  if (totals.covered_requests > 0)
    notes.push(
      <Note key="covered" text={COVERED} testid="overview-covered">
        {money(totals.covered_nanos)} covered
      </Note>,
    );
  if (totals.local_requests > 0)
    notes.push(
      <Note key="local" text={LOCAL} testid="overview-local">
        {count(totals.local_requests)} local
      </Note>,
    );
  if (notes.length === 0)
    return totals.requests > 0 ? `${plural(totals.requests, "request")} priced` : "nothing spent yet";
  return <span className="flex flex-wrap gap-x-3">{notes}</span>;
}

const Note = ({ text, testid, children }: { text: string; testid: string; children: ReactNode }) => (
  <Tooltip text={text}>
    <button type="button" data-testid={testid} className="cursor-help whitespace-nowrap rounded text-faint">
      {children}
      <span className="sr-only">. {text}</span>
    </button>
  </Tooltip>
);

interface Than {
  now: number;
  before: number;
  show: (value: number) => string;
  against: string;
}

function Figure({
  label,
  value,
  title,
  than,
  bad,
  testid,
  children,
}: {
  label: string;
  value: string | undefined;
  title?: string;
  than: Than | null;
  bad?: boolean;
  testid: string;
  children: ReactNode;
}) {
  const delta = than && change(than.now, than.before);
  return (
    <div className="min-w-0 px-4 py-3">
      <div className="flex items-baseline justify-between gap-2">
        <h2 className="text-muted text-xs">{label}</h2>
        {than && delta && (
          <span
            data-testid={`${testid}-change`}
            className="shrink-0 font-medium text-2xs text-muted"
            title={`${than.show(than.before)} ${than.against}`}
          >
            <span aria-hidden>{delta.text}</span>
            <span className="sr-only">
              {delta.spoken}, compared with {than.show(than.before)} {than.against}
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
      <p className="min-h-4 text-faint text-xs">{children}</p>
    </div>
  );
}
