import { CircleCheck, CircleDashed, CircleX } from "lucide-react";
import type { ProviderTest } from "@/api/contract";
import { cn } from "@/lib/cn";
import { count } from "@/lib/numbers";
import { relative } from "@/lib/time";

/** What a test found, in a line. */
export function TestResult({ test, className, fresh }: { test: ProviderTest; className?: string; fresh?: boolean }) {
  const Icon = !test.ok ? CircleX : test.asked ? CircleCheck : CircleDashed;
  const tone = !test.ok ? "text-bad" : test.asked ? "text-ok" : "text-muted";
  return (
    <p
      role={fresh ? "status" : undefined}
      data-testid="test-result"
      data-ok={test.ok}
      className={cn("flex min-w-0 items-start gap-1.5 text-xs", tone, className)}
    >
      <Icon aria-hidden className="mt-0.5 size-3.5 shrink-0" />
      <span className="min-w-0 break-words">
        {test.ok && test.models !== null
          ? `Works, ${count(test.latency_ms)} ms, ${count(test.models)} models`
          : said(test)}
        {!fresh && <span className="text-faint"> · {relative(test.at)}</span>}
      </span>
    </p>
  );
}

const said = ({ status, message }: ProviderTest) => (status === null ? message : `${status}: ${message}`);
