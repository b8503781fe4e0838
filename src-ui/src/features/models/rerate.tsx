import { useEffect, useMemo, useRef, useState } from "react";
import { toast } from "sonner";
import { type Rerated, useRerate, useRerating } from "@/api/prices";
import { Button, Skeleton } from "@/components/controls";
import { ErrorNotice } from "@/components/notice";
import { Select } from "@/components/select";
import { money } from "@/lib/money";
import { count, plural } from "@/lib/numbers";
import { dayName } from "@/lib/time";

const midnight = () => new Date().setHours(0, 0, 0, 0);
/** Days are the reader's: the clocks may have changed since. */
const daysAgo = (days: number) => {
  const day = new Date(midnight());
  return day.setDate(day.getDate() - days);
};

const SINCE = [
  { value: "first", label: "the first request", from: () => null },
  { value: "month", label: "the first of this month", from: () => new Date(midnight()).setDate(1) },
  { value: "30d", label: "30 days ago", from: () => daysAgo(30) },
  { value: "7d", label: "7 days ago", from: () => daysAgo(7) },
  { value: "today", label: "today", from: midnight },
] as const;

/** What the price of now would make of the requests so far, and the button that does it. Nothing happens unasked. */
export function Rerate({ provider, model, onDone }: { provider: string; model: string; onDone: () => void }) {
  const [since, setSince] = useState<(typeof SINCE)[number]>(SINCE[0]);
  const from = useMemo(() => since.from(), [since]);
  const of = { provider, model, from };
  const preview = useRerating(of);
  const rerate = useRerate();
  const nothing = preview.data?.changed === 0;
  const card = useRef<HTMLDivElement>(null);
  // It comes below a form that was just sent, where nobody may look.
  useEffect(() => {
    card.current?.scrollIntoView({ block: "nearest" });
  }, []);
  return (
    <div ref={card} className="grid gap-3 rounded-lg border border-line bg-sunken p-3" data-testid="rerate">
      <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm">
        <span className="font-medium">Rate past requests anew?</span>
        <span className="ml-auto flex items-center gap-2 text-muted text-xs">
          From
          <Select
            label="Rate requests from"
            testid="rerate-since"
            className="h-7 text-xs"
            options={SINCE.map(({ value, label }) => ({ value, label }))}
            value={since.value}
            onChange={(next) => setSince(SINCE.find(({ value }) => value === next) ?? SINCE[0])}
          />
        </span>
      </p>
      {preview.isPending && (
        <div aria-busy className="grid gap-2">
          <Skeleton className="w-4/5" />
          <Skeleton className="w-1/2" />
        </div>
      )}
      {preview.error && <ErrorNotice error={preview.error} onRetry={() => void preview.refetch()} />}
      {preview.data && (
        <p className="text-sm" aria-live="polite" data-testid="rerate-words">
          {changeWords(preview.data, from)}
        </p>
      )}
      {rerate.error && <ErrorNotice error={rerate.error} />}
      <div className="flex justify-end gap-2">
        <Button size="sm" data-testid="rerate-leave" onClick={onDone}>
          {nothing ? "Close" : "Leave as it is"}
        </Button>
        {preview.data && !nothing && (
          <Button
            size="sm"
            variant="primary"
            busy={rerate.isPending}
            data-testid="rerate-do"
            onClick={() =>
              rerate.mutate(of, {
                onSuccess: ({ changed }) => {
                  toast.success(`${plural(changed, "request")} of ${model} rated anew.`);
                  onDone();
                },
              })
            }
          >
            Rate {count(preview.data.changed)} anew
          </Button>
        )}
      </div>
    </div>
  );
}

/** In words what would change, as far as anything does. `from` is the first moment; null: there is none. */
export function changeWords(would: Rerated, from: number | null = null): string {
  const span = from === null ? "so far" : `since ${dayName(from)}`;
  if (would.rows === 0)
    return from === null
      ? "There are no requests of it yet: nothing of the past would change."
      : `There are no requests of it ${span}: nothing would change.`;
  if (would.changed === 0)
    return `None of its ${plural(would.rows, "request")} ${span} would change: they cost what they would cost now.`;
  const priced = would.unpriced_before - would.unpriced_after;
  const difference = would.cost_nanos_after - would.cost_nanos_before;
  const which =
    would.changed < would.rows
      ? `${count(would.changed)} of its ${plural(would.rows, "request")}`
      : would.rows === 1
        ? "its only request"
        : `all ${plural(would.rows, "request")}`;
  return [
    `With the prices of now, ${which} ${span} would change.`,
    priced > 0 && `${plural(priced, "unpriced one")} would have a price.`,
    difference === 0
      ? "Your spend stays the same."
      : `Your recorded spend would ${difference > 0 ? "rise" : "fall"} by ${money(Math.abs(difference))}, from ${money(would.cost_nanos_before)} to ${money(would.cost_nanos_after)} for this model${from === null ? "" : " in that time"}.`,
    would.unpriced_after > 0 && `${plural(would.unpriced_after, "request")} would stay unpriced.`,
  ]
    .filter(Boolean)
    .join(" ");
}
