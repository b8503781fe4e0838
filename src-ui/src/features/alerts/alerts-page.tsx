import { Link } from "@tanstack/react-router";
import { BellRing, ChartSpline, Gauge, type LucideIcon, Wallet } from "lucide-react";
import { useEffect, useState } from "react";
import { useAccess } from "@/api/access";
import { setSeen, useAlerts, useSeen } from "@/api/alerts";
import type { AlertEntry } from "@/api/contract";
import { Badge, Button, Card, Dot, Skeleton, type Tone } from "@/components/controls";
import { Empty, ErrorNotice } from "@/components/notice";
import { Page } from "@/components/page";
import { placeOf } from "@/features/limits/place";
import { cn } from "@/lib/cn";
import { money } from "@/lib/money";
import { count, percent, plural } from "@/lib/numbers";
import { fullTime, relative } from "@/lib/time";
import { useNow } from "@/lib/use-hooks";
import { type Figures, figuresOf } from "./figures";

const KINDS: Record<string, { word: string; icon: LucideIcon }> = {
  budget: { word: "Budget", icon: Wallet },
  spend_spike: { word: "Unusual spend", icon: ChartSpline },
  provider_limit: { word: "Provider's limit", icon: Gauge },
};

/** What one was told of in the last ninety days. To have it in sight is to have seen it. */
export function AlertsPage() {
  const alerts = useAlerts();
  const seen = useSeen();
  // What was new when one came stays marked while one reads.
  const [before] = useState(seen);
  const now = useNow();
  const rows = alerts.data?.pages.flatMap((page) => page.alerts) ?? [];
  const newest = rows[0]?.id;
  useEffect(() => {
    if (newest) setSeen(newest);
  }, [newest]);
  return (
    <Page
      title="Alerts"
      description="Budgets that run out, unusual spend, limits of providers that are near: of the last ninety days, newest first."
    >
      {alerts.error && rows.length === 0 && <ErrorNotice error={alerts.error} onRetry={() => void alerts.refetch()} />}
      {alerts.isPending && (
        <Card aria-busy className="grid gap-4 p-4">
          {[0, 1, 2, 3].map((line) => (
            <Skeleton key={line} className={line % 2 ? "w-1/2" : "w-4/5"} />
          ))}
        </Card>
      )}
      {alerts.data && rows.length === 0 && <NoneYet />}
      {rows.length > 0 && (
        <Card>
          <ol className="divide-y divide-line" data-testid="alerts">
            {rows.map((alert) => (
              <Alert key={alert.id} alert={alert} isNew={alert.id > before} now={now} />
            ))}
          </ol>
        </Card>
      )}
      {alerts.hasNextPage ? (
        <Button
          className="self-center"
          busy={alerts.isFetchingNextPage}
          data-testid="alerts-more"
          onClick={() => void alerts.fetchNextPage()}
        >
          Show older ones
        </Button>
      ) : (
        rows.length > 0 && (
          <p className="text-center text-faint text-xs" data-testid="alerts-end">
            {plural(rows.length, "alert")}, that is all
          </p>
        )
      )}
    </Page>
  );
}

function NoneYet() {
  return (
    <Card>
      <Empty icon={BellRing} title="Nothing to tell" testid="alerts-empty">
        You are told here when a budget passes its soft limit, 50, 80 or 100 percent, when an hour costs far more than
        is usual at its time of day, and when a provider's or a deployment's limit is nearly used up.
      </Empty>
    </Card>
  );
}

function Alert({ alert, isNew, now }: { alert: AlertEntry; isNew: boolean; now: number }) {
  const kind = KINDS[alert.kind] ?? { word: alert.kind.replaceAll("_", " "), icon: BellRing };
  const figures = figuresOf(alert);
  return (
    <li className="flex gap-3 px-4 py-3" data-testid="alert" data-kind={alert.kind}>
      <span className="mt-0.5 grid size-8 shrink-0 place-items-center rounded-lg border border-line bg-sunken">
        <kind.icon aria-hidden className="size-4 text-faint" />
      </span>
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-baseline gap-x-2">
          <span className="min-w-0 break-words font-medium">{alert.title}</span>
          {isNew && <Badge tone="accent">new</Badge>}
          <span className="ml-auto shrink-0 text-faint text-xs" title={fullTime(alert.created_at)}>
            {relative(alert.created_at, now)}
          </span>
        </p>
        <p className="break-words text-muted text-sm">{alert.text}</p>
        {figures && <Amount kind={kind.word} figures={figures} unusual={alert.kind === "spend_spike"} />}
        <Ways figures={figures} />
        {alert.delivery.length > 0 && <Deliveries alert={alert} />}
      </div>
    </li>
  );
}

/** How much of how much, beside a bar that ends where it is too much. */
function Amount({
  kind,
  figures: { used, most, unit },
  unusual,
}: {
  kind: string;
  figures: Figures;
  /** The most is no limit, but what would still be usual. */
  unusual: boolean;
}) {
  const share = most > 0 ? used / most : 1;
  const show = (value: number) => (unit === "money" ? money(value) : count(value));
  return (
    <p className="mt-2 flex flex-wrap items-center gap-x-3 gap-y-1 text-xs">
      <span className="text-muted">{kind}</span>
      <span aria-hidden className="h-1.5 w-40 overflow-hidden rounded-full bg-hover">
        <span
          className={cn("block h-full rounded-full", share >= 1 ? "bg-bad-dot" : "bg-warn-dot")}
          style={{ width: `${Math.min(1, share) * 100}%` }}
        />
      </span>
      <span className="tabular-nums">
        {show(used)} {unusual ? "where at most" : "of"} {show(most)}
        {unusual ? " is usual" : unit !== "money" && ` ${unit}`}{" "}
        {!unusual && <span className="text-faint">({percent(share)})</span>}
      </span>
    </p>
  );
}

const wayClass = "rounded text-accent-text text-xs underline-offset-2 hover:underline";

function Ways({ figures }: { figures: Figures | null }) {
  const { may } = useAccess();
  const place = figures?.thing ? placeOf(figures.thing) : null;
  const toPlace = place && may(place.needs);
  const toRequests = figures?.requests && may("GET /console/requests");
  if (!toPlace && !toRequests) return null;
  return (
    <p className="mt-1.5 flex flex-wrap gap-x-4">
      {toPlace && (
        <Link to={place.to} search={place.search} className={wayClass} data-testid="alert-thing">
          Show whose budget it is
        </Link>
      )}
      {toRequests && (
        <Link to="/requests" search={figures.requests!} className={wayClass} data-testid="alert-requests">
          Show the requests
        </Link>
      )}
    </p>
  );
}

const STATES: Record<string, { word: string; tone: Tone }> = {
  waiting: { word: "waiting", tone: "warn" },
  delivered: { word: "told", tone: "ok" },
  failed: { word: "not reached", tone: "bad" },
};

/** Programs that were told of it, too. */
function Deliveries({ alert }: { alert: AlertEntry }) {
  return (
    <ul className="mt-2 grid gap-1" aria-label="Other programs that were told">
      {alert.delivery.map((delivery, index) => {
        const state = STATES[delivery.state] ?? { word: delivery.state, tone: "neutral" as const };
        return (
          <li key={index} className="flex flex-wrap items-center gap-x-2 text-xs" data-testid="alert-delivery">
            <Dot tone={state.tone} />
            <span className="break-all">{delivery.target}</span>
            <span className="text-muted" title={fullTime(delivery.at)}>
              {state.word}
              {delivery.attempts > 1 && ` after ${plural(delivery.attempts, "try", "tries")}`}
              {delivery.error && `: ${delivery.error}`}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
