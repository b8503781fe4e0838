import { cn } from "@/lib/cn";
import { dollars } from "@/lib/money";
import { count, percent } from "@/lib/numbers";
import { period as periodName } from "@/lib/period";
import { fullTime, relative } from "@/lib/time";
import { useNow } from "@/lib/use-hooks";

export type UsageTone = "none" | "fine" | "near" | "spent";

/** How near the end is: from 80 % on it is worth a look, at 100 % what comes next is refused. */
export function usageTone(used: number, limit: number | null | undefined, soft?: number | null): UsageTone {
  if (limit === null || limit === undefined) return soft && used >= soft ? "near" : "none";
  if (used >= limit) return "spent";
  return used >= limit * 0.8 || (soft && used >= soft) ? "near" : "fine";
}

const FILL: Record<UsageTone, string> = {
  none: "bg-line-strong",
  fine: "bg-accent",
  near: "bg-warn-dot",
  spent: "bg-bad-dot",
};
const WORD: Record<UsageTone, string> = { none: "", fine: "", near: "nearly used up", spent: "used up" };
const TEXT: Record<UsageTone, string> = { none: "", fine: "", near: "text-warn", spent: "text-bad" };

export interface Usage {
  /** What is counted: "Budget", "Requests a minute". It is read to those who cannot see the bar. */
  name: string;
  used: number;
  /** What is under way and may still be used: a paler part after what is used. */
  reserved?: number;
  /** Null: no limit. */
  limit: number | null | undefined;
  /** Told when passed, refuses nothing: a mark on the bar. */
  soft?: number | null;
  /** Dollars, or things that are counted. */
  unit?: "dollars" | "count";
  /** LiteLLM's duration, such as `30d`. */
  period?: string | null;
  resetsAt?: string | number | null;
}

/** What is used of a limit, with its soft mark and its reset. `dense` is one line, for a row of a table. */
export function UsageBar({
  dense,
  label,
  className,
  testid,
  ...usage
}: Usage & {
  dense?: boolean;
  /** Shows the name as well. */
  label?: boolean;
  className?: string;
  testid?: string;
}) {
  const { name, used, limit, soft, unit = "dollars" } = usage;
  const now = useNow();
  const show = unit === "dollars" ? dollars : count;
  const tone = usageTone(used, limit, soft);
  const hasLimit = limit !== null && limit !== undefined;
  const none = unit === "dollars" ? "no budget" : "no limit";
  const when = resetWords(usage, now);
  const figures = (
    <p className="flex min-w-0 items-baseline justify-between gap-2">
      <span className={cn("font-medium", !dense && "text-sm", tone !== "fine" && TEXT[tone])}>{show(used)}</span>
      <span className="truncate text-faint text-xs">{hasLimit ? `of ${show(limit)}` : none}</span>
    </p>
  );
  return (
    <div className={cn("min-w-0", dense ? "text-xs" : "grid gap-1", className)} data-testid={testid} data-tone={tone}>
      {label && <p className="font-medium text-muted text-xs">{name}</p>}
      {figures}
      {hasLimit && <Meter {...usage} tone={tone} now={now} thin={dense} />}
      {!dense && Boolean(when || WORD[tone] || soft || usage.reserved) && (
        <p className="flex flex-wrap justify-between gap-x-3 text-faint text-xs">
          <span title={usage.resetsAt ? fullTime(usage.resetsAt) : undefined}>{when}</span>
          <span className={TEXT[tone]}>{WORD[tone] || (soft ? `warns at ${show(soft)}` : "")}</span>
        </p>
      )}
    </div>
  );
}

function Meter({ tone, now, thin, ...usage }: Usage & { tone: UsageTone; now: number; thin?: boolean }) {
  const { name, used, soft, unit = "dollars" } = usage;
  const limit = usage.limit ?? 0;
  const show = unit === "dollars" ? dollars : count;
  const share = limit > 0 ? used / limit : 1;
  const held = limit > 0 ? (usage.reserved ?? 0) / limit : 0;
  const mark = soft && limit > 0 && soft < limit ? soft / limit : null;
  const spoken = [
    `${show(used)} of ${show(limit)}, ${percent(share)}`,
    WORD[tone],
    usage.reserved ? `${show(usage.reserved)} reserved by requests under way` : "",
    soft ? `warns at ${show(soft)}` : "",
    resetWords(usage, now),
  ];
  return (
    <div
      role="meter"
      aria-label={name}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.min(100, Math.round(share * 100))}
      aria-valuetext={spoken.filter(Boolean).join(", ")}
      title={thin ? spoken.filter(Boolean).join(", ") : undefined}
      className={cn("relative rounded-full bg-hover", thin ? "mt-0.5 h-1" : "h-1.5")}
    >
      <div
        className={cn("h-full rounded-full transition-[width] duration-300", FILL[tone])}
        style={{ width: `${Math.min(100, Math.max(0, share * 100))}%` }}
      />
      {held > 0 && share < 1 && (
        <span
          aria-hidden
          className="absolute inset-y-0 rounded-full bg-accent opacity-40"
          style={{ left: `${share * 100}%`, width: `${Math.min(1 - share, held) * 100}%` }}
        />
      )}
      {mark !== null && (
        <span
          aria-hidden
          className="absolute -inset-y-0.5 w-0.5 rounded-full bg-muted"
          style={{ left: `calc(${mark * 100}% - 1px)` }}
        />
      )}
    </div>
  );
}

/** "a month, resets in 11 days", or that it never does. */
function resetWords({ period, resetsAt, limit, unit = "dollars" }: Usage, now: number) {
  if (limit === null || limit === undefined) return "";
  const per = period ? `per ${periodName(period).replace(/^an? /, "")}` : "";
  const reset = resetsAt ? `resets ${relative(resetsAt, now)}` : per || unit === "count" ? "" : "in all, never resets";
  return [per, reset].filter(Boolean).join(", ");
}
