import { Link } from "@tanstack/react-router";
import type { RequestRow } from "@/api/contract";
import { Button } from "@/components/controls";
import { Cost, Outcome } from "@/features/requests/outcome";
import { compact } from "@/lib/numbers";
import { clockTime, duration } from "@/lib/time";

/** The row itself is the celebration. */
export function Arrival({ row, onDone }: { row: RequestRow; onDone: () => void }) {
  return (
    <div className="appear grid min-w-0 gap-3" data-testid="guide-arrived">
      <p className="text-muted">
        {row.outcome === "ok"
          ? "It went through the gateway and is in the ledger:"
          : "It reached the gateway, which recorded how it failed:"}
      </p>
      <Link
        to="/requests"
        search={{ open: row.id }}
        className="row-flash flex min-w-0 flex-wrap items-center gap-x-4 gap-y-1 rounded-lg border border-line px-3 py-2 hover:bg-hover"
      >
        <span className="text-muted">{clockTime(row.started_at)}</span>
        <Outcome row={row} />
        <span className="min-w-0 flex-1 basis-32 truncate font-medium">{row.model_requested}</span>
        <span className="text-muted text-xs">
          {compact(row.input_tokens)} / {compact(row.output_tokens)} tokens
        </span>
        <Cost row={row} />
        <span className="text-muted text-xs">{duration(row.latency_us)}</span>
      </Link>
      <div>
        <Button variant="primary" onClick={onDone} data-testid="guide-done">
          Open the overview
        </Button>
      </div>
    </div>
  );
}
