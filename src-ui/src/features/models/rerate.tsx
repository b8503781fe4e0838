import { toast } from "sonner";
import { type Rerated, useRerate, useRerating } from "@/api/prices";
import { Button, Skeleton } from "@/components/controls";
import { ErrorNotice } from "@/components/notice";
import { money } from "@/lib/money";
import { plural } from "@/lib/numbers";

/** What the price of now would make of the requests so far, and the button that does it. Nothing happens unasked. */
export function Rerate({ provider, model, onDone }: { provider: string; model: string; onDone: () => void }) {
  const preview = useRerating({ provider, model });
  const rerate = useRerate();
  const nothing = preview.data?.changed === 0;
  return (
    <div className="grid gap-3 rounded-lg border border-line bg-sunken p-3" data-testid="rerate">
      {preview.isPending && (
        <div aria-busy className="grid gap-2">
          <Skeleton className="w-4/5" />
          <Skeleton className="w-1/2" />
        </div>
      )}
      {preview.error && <ErrorNotice error={preview.error} onRetry={() => void preview.refetch()} />}
      {preview.data && (
        <p className="text-sm" aria-live="polite" data-testid="rerate-words">
          {changeWords(preview.data)}
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
              rerate.mutate(
                { provider, model },
                {
                  onSuccess: ({ changed }) => {
                    toast.success(`${plural(changed, "request")} of ${model} rated anew.`);
                    onDone();
                  },
                },
              )
            }
          >
            Rate the past anew
          </Button>
        )}
      </div>
    </div>
  );
}

/** In words what would change, as far as anything does. */
export function changeWords(would: Rerated): string {
  if (would.rows === 0) return "There are no requests of it yet: nothing of the past would change.";
  if (would.changed === 0)
    return `None of its ${plural(would.rows, "request")} so far would change: they cost what they would cost now.`;
  const priced = would.unpriced_before - would.unpriced_after;
  const difference = would.cost_nanos_after - would.cost_nanos_before;
  return [
    `With the prices of now, ${would.changed === would.rows ? (would.rows === 1 ? "its only request" : `all ${plural(would.rows, "request")}`) : `${would.changed.toLocaleString("en-US")} of its ${plural(would.rows, "request")}`} so far would change.`,
    priced > 0 && `${plural(priced, "unpriced one")} would have a price.`,
    difference === 0
      ? "Your spend stays the same."
      : `Your recorded spend would ${difference > 0 ? "rise" : "fall"} by ${money(Math.abs(difference))}, from ${money(would.cost_nanos_before)} to ${money(would.cost_nanos_after)} for this model.`,
    would.unpriced_after > 0 && `${plural(would.unpriced_after, "request")} would stay unpriced.`,
  ]
    .filter(Boolean)
    .join(" ");
}
