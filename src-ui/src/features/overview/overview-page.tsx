import { useNavigate, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import type { Overview } from "@/api/contract";
import { useOverview, useStatus } from "@/api/queries";
import { Card, Segmented, Skeleton } from "@/components/controls";
import { ErrorNotice } from "@/components/notice";
import { Page } from "@/components/page";
import { Guide } from "@/features/guide/guide";
import { useGuide } from "@/features/guide/use-guide";
import { Hero } from "./hero";
import { Notices } from "./notices";
import type { Metric } from "./series";
import { TopLists } from "./top-lists";

// Recharts is as large as all the rest: it comes when a chart is drawn.
const UsageChart = lazy(() => import("./usage-chart"));

const RANGES: { value: Overview["range"]; label: string }[] = [
  { value: "today", label: "Today" },
  { value: "7d", label: "7 days" },
  { value: "30d", label: "30 days" },
];

export function OverviewPage() {
  const search = useSearch({ from: "/" });
  const navigate = useNavigate();
  const range = search.range ?? "today";
  const overview = useOverview(range);
  const status = useStatus();
  const guide = useGuide(status.data);
  const [metric, setMetric] = useState<Metric>("spend");

  if (guide.shown) {
    return (
      <Page title="Welcome to Postern" description="Four steps to the first request.">
        <Guide onDone={guide.close} />
      </Page>
    );
  }
  return (
    <Page
      title="Overview"
      description={overview.data ? periodName(overview.data) : " "}
      actions={
        <Segmented
          label="Range"
          testid="range"
          value={range}
          onChange={(next) => void navigate({ to: "/", search: { range: next } })}
          options={RANGES}
        />
      }
    >
      <Notices overview={overview.data} status={status.data} />
      {overview.error && !overview.data ? (
        <ErrorNotice error={overview.error} onRetry={() => void overview.refetch()} />
      ) : (
        <>
          <Hero overview={overview.data} />
          <Suspense fallback={<ChartFrame />}>
            {overview.data ? (
              <UsageChart overview={overview.data} metric={metric} onMetric={setMetric} />
            ) : (
              <ChartFrame />
            )}
          </Suspense>
          <TopLists overview={overview.data} metric={metric} />
        </>
      )}
    </Page>
  );
}

/** As tall as the chart that takes its place. */
const ChartFrame = () => (
  <Card aria-hidden className="h-[348px] p-4">
    <Skeleton className="h-8 w-56" />
    <Skeleton className="mt-4 h-[220px] w-full" />
  </Card>
);

const date = new Intl.DateTimeFormat("en", { month: "long", day: "numeric" });

function periodName({ range, from, to }: Overview) {
  if (range === "today") return date.format(from);
  // `to` is where the last bucket ends.
  return `${date.format(from)} – ${date.format(to - 1)}`;
}
