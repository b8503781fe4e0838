import type { ReactNode } from "react";
import { Fact, Facts } from "@/components/page";
import { UsageBar } from "@/components/usage-bar";
import { dollars } from "@/lib/money";
import { compact, count } from "@/lib/numbers";
import { period } from "@/lib/period";
import { type Limited, limitsOf, rateWords } from "./limits";

/** What is used of a thing's budget. */
export function BudgetUsage({
  row,
  name = "Budget",
  dense,
  className,
  testid,
}: {
  row: Limited & { spend: number; budget_reset_at?: string | null };
  name?: string;
  dense?: boolean;
  className?: string;
  testid?: string;
}) {
  return (
    <UsageBar
      name={name}
      used={row.spend}
      limit={row.max_budget}
      soft={row.soft_budget}
      period={row.budget_duration}
      resetsAt={row.budget_reset_at}
      dense={dense}
      className={className}
      testid={testid}
    />
  );
}

/** Rates and limits by model as facts; the gateway counts them over the last minute. */
export function LimitFacts({ row, children }: { row: Limited; children?: ReactNode }) {
  const { models } = limitsOf(row);
  return (
    <Facts>
      <Fact name="Rates">{rateWords(row, compact) || <span className="text-faint">no limit</span>}</Fact>
      {models.map(({ model, budget, period: every, rpm, tpm }) => (
        <Fact key={model} name={model}>
          {[
            budget && `${dollars(Number(budget))}${every ? ` per ${period(every).replace(/^an? /, "")}` : " in all"}`,
            rpm && `${count(Number(rpm))} requests/min`,
            tpm && `${count(Number(tpm))} tokens/min`,
          ]
            .filter(Boolean)
            .join(" · ")}
        </Fact>
      ))}
      {children}
    </Facts>
  );
}

export const modelWords = (models: string[]) =>
  models.length === 0
    ? "All models"
    : models.length <= 2
      ? models.join(", ")
      : `${models[0]} and ${models.length - 1} more`;
