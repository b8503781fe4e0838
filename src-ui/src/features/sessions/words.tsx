// What a list and a card of sessions say alike.
import type { SessionRow } from "@/api/sessions";
import { cn } from "@/lib/cn";
import { moneyExact, spentOf } from "@/lib/money";
import { compact, count, plural } from "@/lib/numbers";
import { lasted } from "@/lib/time";

export const none = <span className="text-faint">–</span>;

/** One request has an end, but no length worth a word. */
export const length = ({ first_at, last_at, totals }: SessionRow) =>
  totals.requests < 2 ? none : lasted(last_at - first_at);

// Names that are made by the clock begin alike: where there is no room, the middle goes.
const TAIL = 6;

/** The project is what people know it by; the session's own name tells two of one project apart. */
export function Name({ row }: { row: SessionRow }) {
  return (
    <span className="flex min-w-0 items-baseline gap-2" title={[row.project, row.session].filter(Boolean).join("\n")}>
      {row.project && <span className="min-w-0 max-w-[65%] shrink-0 truncate">{row.project}</span>}
      <span className={cn("flex min-w-0 font-mono text-xs", row.project && "text-faint")}>
        <span className="min-w-0 truncate">{row.session.slice(0, -TAIL)}</span>
        <span className="shrink-0">{row.session.slice(-TAIL)}</span>
      </span>
    </span>
  );
}

export function Errors({ totals }: Pick<SessionRow, "totals">) {
  return totals.errors === 0 ? none : <span className="font-medium text-bad">{count(totals.errors)}</span>;
}

export function Tokens({ totals }: Pick<SessionRow, "totals">) {
  const { input_tokens, output_tokens } = totals;
  return input_tokens + output_tokens === 0 ? (
    none
  ) : (
    <span title={`${count(input_tokens)} in, ${count(output_tokens)} out`}>
      {compact(input_tokens)} <span className="text-faint">/</span> {compact(output_tokens)}
    </span>
  );
}

/** What is not part of the figure is said beside it: a sum that leaves requests out must not look whole. */
export function Cost({ totals }: Pick<SessionRow, "totals">) {
  const { text, kind } = spentOf(totals);
  if (kind === "word") return <span className="text-muted text-xs">{text}</span>;
  const { unpriced_requests: unpriced } = totals;
  return unpriced === 0 ? (
    <span title={moneyExact(totals.cost_nanos)}>{text}</span>
  ) : (
    <span title={`${moneyExact(totals.cost_nanos)}, and ${plural(unpriced, "request")} without a price`}>
      {text}
      <span aria-hidden className="text-warn">
        {" "}
        +
      </span>
      <span className="sr-only"> and {plural(unpriced, "request")} without a price</span>
    </span>
  );
}
