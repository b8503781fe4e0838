import type { RequestRow } from "@/api/contract";
import { Dot, type Tone } from "@/components/controls";
import { cn } from "@/lib/cn";
import { costOf } from "@/lib/money";

const TONES: Record<RequestRow["outcome"], Tone> = { ok: "ok", error: "bad", cancelled: "neutral" };

export function Outcome({ row }: { row: Pick<RequestRow, "outcome" | "status"> }) {
  return (
    <span className="inline-flex items-center gap-1.5">
      <Dot tone={TONES[row.outcome]} />
      <span className={cn(row.outcome === "error" && "font-medium text-bad")}>
        {row.outcome === "cancelled" ? "cancelled" : row.status}
      </span>
    </span>
  );
}

export function Cost({ row }: { row: Pick<RequestRow, "billing" | "cost_nanos"> }) {
  const { text, kind } = costOf(row);
  return <span className={cn(kind === "word" && "text-muted text-xs")}>{text}</span>;
}
