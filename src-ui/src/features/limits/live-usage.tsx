import { useQuery } from "@tanstack/react-query";
import type { LimitUse } from "@/api/contract";
import { getLimits, type LimitedKind } from "@/api/people";
import { UsageBar } from "@/components/usage-bar";
import type { Limited } from "./limits";
import { LimitFacts } from "./usage";

// Rates are of the last minute: a bar that is older than this tells of another one.
const EVERY_MS = 2000;

/** What is used of a thing's limits at this moment, read anew as long as one looks. */
export const useLiveLimits = (of: LimitedKind, id: string | undefined) =>
  useQuery({
    queryKey: ["limits", of, id],
    queryFn: () => getLimits(of, [id!]),
    enabled: id !== undefined,
    refetchInterval: EVERY_MS,
    // What the row says is shown instead.
    retry: false,
  });

type Row = Limited & { spend: number; budget_reset_at?: string | null };

/** Bars of a thing's budget and rates, and of those for single models. `row` is what is known before and without them. */
export function LiveUsage({ of, id, row, testid }: { of: LimitedKind; id: string; row: Row; testid?: string }) {
  const live = useLiveLimits(of, id);
  const whole = live.data?.find(({ model }) => model === null);
  const models = live.data?.filter(({ model }) => model !== null) ?? [];
  const dollars = (nanos: number | null | undefined) => (typeof nanos === "number" ? nanos / 1e9 : undefined);
  return (
    <div className="grid gap-4" data-testid={testid}>
      <UsageBar
        name="Budget"
        used={dollars(whole?.spent_nanos) ?? row.spend}
        reserved={dollars(whole?.reserved_nanos)}
        limit={dollars(whole?.max_budget_nanos) ?? row.max_budget}
        soft={dollars(whole?.soft_budget_nanos) ?? row.soft_budget}
        period={row.budget_duration}
        resetsAt={whole?.reset_at ?? row.budget_reset_at}
        testid={testid && `${testid}-budget`}
      />
      {whole ? <Rates use={whole} /> : live.isError && <LimitFacts row={row} />}
      {live.data && !hasRates(whole) && <p className="text-faint text-xs">No limit of requests or tokens.</p>}
      {models.map((use) => (
        <div key={use.model} className="grid gap-2 border-line border-l-2 pl-3">
          <p className="truncate font-medium text-xs" title={use.model ?? undefined}>
            {use.model}
          </p>
          {use.max_budget_nanos !== null && (
            <UsageBar
              name={`Budget for ${use.model}`}
              used={dollars(use.spent_nanos) ?? 0}
              reserved={dollars(use.reserved_nanos)}
              limit={dollars(use.max_budget_nanos)}
              resetsAt={use.reset_at}
            />
          )}
          <Rates use={use} />
        </div>
      ))}
    </div>
  );
}

const hasRates = (use: LimitUse | undefined) =>
  use !== undefined && [use.rpm_limit, use.tpm_limit, use.max_parallel_requests].some((limit) => limit !== null);

function Rates({ use }: { use: LimitUse }) {
  const of = use.model ? ` for ${use.model}` : "";
  const bars = [
    { name: "Requests in the last minute", used: use.requests, limit: use.rpm_limit },
    { name: "Tokens in the last minute", used: use.tokens, limit: use.tpm_limit },
    { name: "Requests at once", used: use.in_flight, limit: use.max_parallel_requests },
  ].filter(({ limit }) => limit !== null);
  if (bars.length === 0) return null;
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      {bars.map(({ name, used, limit }) => (
        <div key={name} className="grid gap-1">
          <p className="text-faint text-xs">{name}</p>
          <UsageBar unit="count" name={`${name}${of}`} used={used} limit={limit} />
        </div>
      ))}
    </div>
  );
}
