import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { useAccess } from "@/api/access";
import { useForecast } from "@/api/forecast";
import { useUnpriced } from "@/api/prices";
import { useStatus } from "@/api/queries";
import { timeZone } from "@/api/routes";
import { useSpend } from "@/api/spend";
import { Card, Skeleton } from "@/components/controls";
import { ErrorNotice } from "@/components/notice";
import { Page } from "@/components/page";
import { Guide } from "@/features/guide/guide";
import { useGuide } from "@/features/guide/use-guide";
import { cn } from "@/lib/cn";
import { dayOf } from "@/lib/days";
import { useNow } from "@/lib/use-hooks";
import { daysAhead } from "./ahead";
import { BudgetBars } from "./budget-bars";
import { logFilter } from "./drill";
import { ForecastCard } from "./forecast-card";
import { HeatMap } from "./heat-map";
import { Hero } from "./hero";
import { Notices } from "./notices";
import { PeriodPicker } from "./period-picker";
import { periodOf, useOverviewSearch } from "./search";
import { SpendChart } from "./spend-chart";
import { TopLists } from "./top-lists";
import { comparedAs, comparedText, periodText } from "./words";

export function OverviewPage() {
  const status = useStatus();
  const guide = useGuide(status.data);
  if (guide.shown) {
    return (
      <Page title="Welcome to Postern" description="Four steps to the first request.">
        <Guide onDone={guide.close} />
      </Page>
    );
  }
  return <Figures />;
}

/** Where the money went. */
function Figures() {
  const { search, change } = useOverviewSearch();
  const navigate = useNavigate();
  const { may } = useAccess();
  const status = useStatus();
  const { by = "model", metric = "spend" } = search;
  const period = periodOf(search);
  const query = useSpend(period, by);
  const forecast = useForecast();
  const today = dayOf(useNow(), timeZone);
  const spend = query.data;
  const ahead = useMemo(() => daysAhead(spend, forecast.data), [spend, forecast.data]);
  const against = spend && search.compare !== "none" ? comparedText(spend, period) : null;
  const than = useMemo(() => (spend && against !== null ? comparedAs(spend, against) : null), [spend, against]);
  const unpriced = useUnpriced((spend?.totals.unpriced_requests ?? 0) > 0);
  const words = spend ? periodText(spend, today) : " ";
  return (
    <Page
      title="Overview"
      description={than && than.totals.requests > 0 ? `${words}, compared with ${than.name}` : words}
      actions={<PeriodPicker spend={spend} today={today} />}
    >
      <Notices spend={spend} example={unpriced.data?.[0]?.model} status={status.data} />
      {query.error && !spend ? (
        <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />
      ) : (
        <>
          {/* What was asked for before stays in sight, paler, until what is asked for now has come. */}
          <div
            aria-busy={query.isPlaceholderData}
            className={cn(
              "grid grid-cols-1 gap-4",
              query.isPlaceholderData && "opacity-60 transition-opacity delay-150",
            )}
          >
            <Hero spend={spend} than={than} />
            {spend ? (
              <SpendChart
                spend={spend}
                by={by}
                metric={metric}
                onMetric={(next) => change({ metric: next === "spend" ? undefined : next })}
                onBy={(next) => change({ by: next === "model" ? undefined : next })}
                against={against}
                than={than}
                ahead={ahead}
                period={words}
                onOpen={
                  may("GET /console/requests")
                    ? (span, id) => void navigate({ to: "/requests", search: logFilter(spend.by, id, span) })
                    : undefined
                }
              />
            ) : (
              <ChartFrame />
            )}
          </div>
          <div className="grid gap-4 lg:grid-cols-3">
            <ForecastCard />
            <BudgetBars className={forecast.data === null ? "lg:col-span-3" : "lg:col-span-2"} />
          </div>
          <TopLists period={period} metric={metric} ready={spend !== undefined} />
          <HeatMap metric={metric} today={today} />
        </>
      )}
    </Page>
  );
}

/** As tall as the chart that takes its place. */
const ChartFrame = () => (
  <Card aria-hidden className="h-[356px] p-4">
    <Skeleton className="h-8 w-56" />
    <Skeleton className="mt-4 h-[240px] w-full" />
  </Card>
);
