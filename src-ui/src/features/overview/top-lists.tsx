import { Link, type LinkProps } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Overview, Totals } from "@/api/contract";
import { Card, Skeleton } from "@/components/controls";
import { ADMINISTRATOR } from "@/features/requests/match";
import { shortModel } from "@/lib/model-name";
import { money } from "@/lib/money";
import { compact, count } from "@/lib/numbers";
import { type Metric, measure, tokensOf } from "./series";

interface Entry {
  key: string;
  label: string;
  note?: string;
  totals: Totals;
  link: Pick<LinkProps, "to" | "search">;
}

const AT_MOST = 6;

/** Who spends it: by model, key and client. Each line leads to its requests. */
export function TopLists({ overview, metric }: { overview: Overview | undefined; metric: Metric }) {
  const models = overview?.models.map((m) => ({
    key: `${m.provider}/${m.model}`,
    label: shortModel(m.model, m.provider),
    note: m.provider,
    totals: m.totals,
    link: { to: "/requests" as const, search: { model: m.model } },
  }));
  const keys = overview?.keys.map((k) => ({
    key: k.key_id ?? "",
    label: k.key_name,
    totals: k.totals,
    link: { to: "/requests" as const, search: { key_id: k.key_id ?? ADMINISTRATOR } },
  }));
  const clients = overview?.clients.map((c) => ({
    key: c.client,
    label: c.client || "unnamed client",
    totals: c.totals,
    link: { to: "/requests" as const, search: c.client ? { client: c.client } : {} },
  }));
  return (
    <div className="grid gap-4 lg:grid-cols-3">
      <TopList title="Models" entries={models} metric={metric} empty="Models appear here with their first request." />
      <TopList title="Keys" entries={keys} metric={metric} empty="Keys appear here once they are used." />
      <TopList title="Clients" entries={clients} metric={metric} empty="Tools appear here by the name they send." />
    </div>
  );
}

function TopList({
  title,
  entries,
  metric,
  empty,
}: {
  title: string;
  entries: Entry[] | undefined;
  metric: Metric;
  empty: string;
}) {
  const ranked =
    entries &&
    [...entries].sort(
      (a, b) => measure(b.totals, metric) - measure(a.totals, metric) || b.totals.requests - a.totals.requests,
    );
  const most = Math.max(1, ...(ranked ?? []).map((entry) => measure(entry.totals, metric)));
  const rest = ranked ? ranked.length - AT_MOST : 0;
  return (
    <Card className="flex min-h-[236px] min-w-0 flex-col p-2" data-testid={`top-${title.toLowerCase()}`}>
      <h2 className="px-2 pt-1 pb-2 font-semibold text-sm">{title}</h2>
      {!ranked && [0, 1, 2, 3].map((line) => <Skeleton key={line} className="mx-2 my-2" />)}
      {ranked?.length === 0 && <p className="m-auto max-w-52 pb-6 text-center text-faint">{empty}</p>}
      <ul>
        {ranked?.slice(0, AT_MOST).map((entry) => (
          <li key={entry.key}>
            <Link {...entry.link} className="relative flex h-8 items-center gap-2 rounded-md px-2 hover:bg-hover">
              <span
                aria-hidden
                className="absolute inset-y-1 left-0 rounded bg-accent-soft"
                style={{ width: `${(measure(entry.totals, metric) / most) * 100}%` }}
              />
              <span
                className="relative min-w-0 flex-1 truncate"
                title={entry.note ? `${entry.label} (${entry.note})` : entry.label}
              >
                {entry.label}
                {entry.note && <span className="ml-1.5 text-faint text-xs">{entry.note}</span>}
              </span>
              <span className="relative shrink-0 text-faint text-xs">
                {metric === "requests" ? tokensNote(entry.totals) : `${compact(entry.totals.requests)} req`}
              </span>
              <span className="relative w-16 shrink-0 text-right">{shown(entry.totals, metric)}</span>
            </Link>
          </li>
        ))}
      </ul>
      {rest > 0 && <p className="mt-auto px-2 pt-1 text-2xs text-faint">and {rest} more</p>}
    </Card>
  );
}

const tokensNote = (totals: Totals) => `${compact(tokensOf(totals))} tok`;

/** Where there is no price, the word stands instead of a zero. */
function shown(totals: Totals, metric: Metric): ReactNode {
  if (metric === "requests") return count(totals.requests);
  if (metric === "tokens") return compact(tokensOf(totals));
  if (totals.cost_nanos === 0 && totals.requests > 0) {
    if (totals.unpriced_requests === totals.requests) return <span className="text-muted text-xs">unpriced</span>;
    if (totals.local_requests === totals.requests) return <span className="text-muted text-xs">local</span>;
  }
  return money(totals.cost_nanos);
}
