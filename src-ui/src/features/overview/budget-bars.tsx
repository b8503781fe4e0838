import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useAccess } from "@/api/access";
import { type BudgetForecast, useForecast } from "@/api/forecast";
import { type BudgetUse, useBudgetUse } from "@/api/spend";
import { Button, Card, Skeleton } from "@/components/controls";
import { ErrorNotice } from "@/components/notice";
import { UsageBar, usageTone } from "@/components/usage-bar";
import { kindOf, placeOf } from "@/features/limits/place";
import { cn } from "@/lib/cn";
import { dayText } from "@/lib/days";
import { money } from "@/lib/money";

const AT_MOST = 6;
/** The gateway tells of no more. */
const MOST_TOLD = 20;

const LEVELS: Record<string, string> = {
  api_key: "key",
  end_user: "customer",
  proxy: "gateway",
};
const kindWord = (use: BudgetUse) => LEVELS[kindOf(use)] ?? kindOf(use).replaceAll("_", " ");

/** The budgets that are nearest to their end. */
export function BudgetBars({ className }: { className?: string }) {
  const { data, error, refetch } = useBudgetUse();
  const { may } = useAccess();
  const forecast = useForecast();
  const [all, setAll] = useState(false);
  if (data === null) return null;
  const near = data?.filter((use) => tone(use) === "near" || tone(use) === "spent").length ?? 0;
  return (
    <Card className={cn("flex min-w-0 flex-col p-4", className)} data-testid="budget-bars">
      <div className="flex items-baseline justify-between gap-4">
        <h2 className="font-semibold text-sm">Budgets nearest to their end</h2>
        {near > 0 && (
          <p className="text-warn text-xs">{near === MOST_TOLD ? `${near} or more` : near} nearly or fully used</p>
        )}
      </div>
      {error && !data ? (
        <ErrorNotice className="mt-3" error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <div className="mt-4 grid gap-6">
          <Skeleton className="h-8" />
          <Skeleton className="h-8" />
        </div>
      ) : data.length === 0 ? (
        <p className="m-auto max-w-64 py-6 text-center text-faint">
          Nothing has a budget.{" "}
          {may("POST /key/update")
            ? "Give a key, a person or a team one, and how much is left of it appears here."
            : ""}
        </p>
      ) : (
        <ul className="my-3 grid gap-x-8 gap-y-4 md:grid-cols-2">
          {data.slice(0, all ? data.length : AT_MOST).map((use) => (
            <li key={`${use.level} ${use.id} ${use.model}`} className="min-w-0">
              <Bar use={use} expected={expectedOf(use, forecast.data?.budgets)} />
            </li>
          ))}
        </ul>
      )}
      {data && data.length > AT_MOST && (
        <Button
          variant="ghost"
          size="sm"
          className="mt-auto -ml-2 self-start"
          aria-expanded={all}
          data-testid="budget-bars-all"
          onClick={() => setAll(!all)}
        >
          {all ? "Show fewer" : `Show ${data.length - AT_MOST} with more left`}
        </Button>
      )}
    </Card>
  );
}

const tone = (use: BudgetUse) => usageTone(use.spent_nanos, use.max_budget_nanos, use.soft_budget_nanos);

/** When it is expected to be used up: forecasts are made of budgets of keys and teams. */
const expectedOf = (use: BudgetUse, budgets: BudgetForecast[] | undefined) =>
  use.model === null
    ? (budgets?.find(({ of, id }) => id === use.id && use.level === (of === "key" ? "api_key" : of))?.used_up_on ??
      null)
    : null;

function Bar({ use, expected }: { use: BudgetUse; expected: string | null }) {
  const { may } = useAccess();
  const place = placeOf(use);
  const left = use.max_budget_nanos - use.spent_nanos - use.reserved_nanos;
  const name = use.name || use.id;
  const said = use.model ? `${name}, ${use.model}` : name;
  return (
    <>
      <p className="flex min-w-0 items-baseline gap-1.5 text-xs">
        <span className="min-w-0 truncate font-medium" title={said}>
          {place && may(place.needs) ? (
            <Link
              to={place.to}
              search={place.search}
              className="rounded underline-offset-2 hover:underline"
              data-testid="budget-bar-link"
            >
              {name}
            </Link>
          ) : (
            name
          )}
          {use.model && <span className="font-normal text-muted"> · {use.model}</span>}
        </span>
        <span className="shrink-0 text-faint">{kindWord(use)}</span>
        <span
          className={cn("ml-auto shrink-0", left > 0 ? "text-muted" : "text-bad")}
          title={left > 0 && expected ? "As it has been spent so far, it is used up by then." : undefined}
        >
          {left > 0 ? `${money(left)} left` : "nothing left"}
          {left > 0 && expected && `, until ${dayText(expected, { month: "short", day: "numeric" })}`}
        </span>
      </p>
      <UsageBar
        name={`Budget of ${said}`}
        used={use.spent_nanos / 1e9}
        reserved={use.reserved_nanos / 1e9}
        limit={use.max_budget_nanos / 1e9}
        soft={use.soft_budget_nanos === null ? null : use.soft_budget_nanos / 1e9}
        resetsAt={use.resets_at}
        testid="budget-bar"
      />
    </>
  );
}
