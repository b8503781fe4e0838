import type { RequestDetail } from "@/api/contract";
import { Badge } from "@/components/controls";
import { cn } from "@/lib/cn";
import { duration } from "@/lib/time";
import { type Bar, barsOf } from "./timing";

const KINDS: Record<Bar["kind"], { word: string; colour: string }> = {
  before: { word: "In Postern", colour: "bg-line-strong" },
  failed: { word: "Attempt that failed", colour: "bg-bad-dot" },
  waited: { word: "Waiting for the first token", colour: "bg-warn-dot" },
  answer: { word: "Answer", colour: "bg-accent" },
};
const ORDER = ["before", "failed", "waited", "answer"] as const;

/** Where the time went: a line for each step on one scale. What is drawn is also said in each line. */
export function Waterfall({ detail }: { detail: RequestDetail }) {
  const bars = barsOf(detail);
  const end = detail.latency_us;
  const first = detail.first_byte_us;
  if (bars.length === 0 || end === 0) return null;
  const percent = (at: number) => `${(Math.min(end, at) / end) * 100}%`;
  return (
    <figure className="mb-4" data-testid="waterfall">
      <ol className="relative grid gap-2">
        {bars.map((bar, index) => (
          <li key={index} data-kind={bar.kind}>
            <p className="flex min-w-0 items-baseline gap-2 text-xs">
              <span className="min-w-0 truncate" title={bar.name}>
                {bar.name}
              </span>
              {(bar.kind === "failed" || bar.kind === "waited") && (
                <Badge tone={bar.kind === "failed" ? "bad" : "neutral"}>{bar.status ?? "given up"}</Badge>
              )}
              <span className="ml-auto shrink-0 text-muted tabular-nums">{duration(bar.to - bar.from)}</span>
              <span className="sr-only">
                {KINDS[bar.kind].word}, from {duration(bar.from)} to {duration(bar.to)} after the request came in.
              </span>
            </p>
            <div aria-hidden className="relative mt-1 h-2 rounded-full bg-hover">
              <span
                className={cn("absolute inset-y-0 min-w-[3px] rounded-full", KINDS[bar.kind].colour)}
                style={{ left: percent(bar.from), width: percent(bar.to - bar.from) }}
              />
              {first !== null && first < end && (
                <span className="absolute -inset-y-1 w-px bg-text/50" style={{ left: percent(first) }} />
              )}
            </div>
            {bar.note && <p className="mt-1 break-words text-muted text-xs">{bar.note}</p>}
          </li>
        ))}
      </ol>
      <div aria-hidden className="relative mt-1.5 h-4 text-2xs text-faint tabular-nums">
        <span className="absolute left-0">0</span>
        {first !== null && first > end * 0.12 && first < end * 0.8 && (
          <span className="absolute -translate-x-1/2" style={{ left: percent(first) }}>
            {duration(first)}
          </span>
        )}
        <span className="absolute right-0">{duration(end)}</span>
      </div>
      <figcaption className="mt-1.5 flex flex-wrap gap-x-3 gap-y-1 text-2xs text-muted">
        {ORDER.filter((kind) => bars.some((bar) => bar.kind === kind)).map((kind) => (
          <span key={kind} className="inline-flex items-center gap-1.5">
            <span aria-hidden className={cn("h-2 w-3 rounded-sm", KINDS[kind].colour)} /> {KINDS[kind].word}
          </span>
        ))}
        {first !== null && first < end && (
          <span className="inline-flex items-center gap-1.5">
            <span aria-hidden className="h-3 w-px bg-text/50" /> First token
          </span>
        )}
      </figcaption>
    </figure>
  );
}
