import { Link } from "@tanstack/react-router";
import { type FormEvent, useId, useState } from "react";
import { toast } from "sonner";
import { type UnpricedModel, useUnpriced } from "@/api/prices";
import { useWrite } from "@/api/queries";
import { putPrice } from "@/api/routes";
import { Button, Skeleton } from "@/components/controls";
import { Dialog } from "@/components/dialog";
import { ErrorNotice, Warning } from "@/components/notice";
import { compact, count, plural } from "@/lib/numbers";
import { fullTime, relative } from "@/lib/time";
import { PriceFields, type PriceProblems, priceText, readPrices } from "./price-fields";
import { Rerate } from "./rerate";

/** Above the catalogue, where something was used that has no price. */
export function UnpricedNotice({ onOpen }: { onOpen: () => void }) {
  const { data } = useUnpriced();
  if (!data || data.length === 0) return null;
  const requests = data.reduce((sum, model) => sum + model.requests, 0);
  const reserved = data.reduce((sum, model) => sum + model.reserved_requests, 0);
  return (
    <Warning
      testid="models-unpriced"
      action={
        <Button size="sm" onClick={onOpen} data-testid="set-prices">
          Set prices
        </Button>
      }
    >
      {plural(data.length, "model")} in use {data.length === 1 ? "has" : "have"} no price for all that was used:{" "}
      {[
        requests > 0 && `${plural(requests, "request")} not in your spend`,
        reserved > 0 && `${plural(reserved, "request")} counted as reserved within a budget`,
      ]
        .filter(Boolean)
        .join(", ")}
      .
    </Warning>
  );
}

/** Prices for what was used without one, one after the other. */
export function UnpricedDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const unpriced = useUnpriced();
  const [chosen, setChosen] = useState<UnpricedModel | null>(null);
  const close = () => {
    setChosen(null);
    onClose();
  };
  return (
    <Dialog
      open={open}
      onClose={close}
      testid="unpriced"
      title={chosen ? chosen.model : "Models without a price"}
      description={
        chosen
          ? `At ${chosen.provider}: ${plural(chosen.requests + chosen.reserved_requests, "request")} without a price, ${compact(chosen.input_tokens)} tokens in and ${compact(chosen.output_tokens)} out.`
          : "They were used, and nobody knows what they cost. Set a price, and their requests are part of your spend."
      }
    >
      {chosen ? (
        <SetPrice key={`${chosen.provider}/${chosen.model}`} of={chosen} onBack={() => setChosen(null)} />
      ) : (
        <>
          {unpriced.error && <ErrorNotice error={unpriced.error} onRetry={() => void unpriced.refetch()} />}
          {unpriced.isPending && unpriced.fetchStatus !== "idle" && <Skeleton className="w-2/3" />}
          {unpriced.data?.length === 0 && (
            <p className="text-muted text-sm" data-testid="unpriced-none">
              Every model that was used has a price.
            </p>
          )}
          {unpriced.fetchStatus === "idle" && !unpriced.data && !unpriced.error && (
            <p className="text-muted text-sm">Prices are set by the administrator.</p>
          )}
          <ul className="grid grid-cols-1 divide-y divide-line">
            {unpriced.data?.map((model) => (
              <li key={`${model.provider}/${model.model}`} className="flex items-center gap-3 py-2">
                <div className="min-w-0 flex-1">
                  <p className="truncate font-medium text-sm" title={model.model}>
                    {model.model}
                  </p>
                  <p className="text-muted text-xs">
                    {model.provider} ·{" "}
                    {model.requests > 0 && (
                      <>
                        <Link
                          to="/requests"
                          search={{ model: model.model, provider: model.provider, unpriced: true }}
                          className="rounded text-accent-text underline underline-offset-2"
                        >
                          {plural(model.requests, "request")}
                        </Link>{" "}
                        ·{" "}
                      </>
                    )}
                    {model.reserved_requests > 0 && (
                      <span data-testid="unpriced-reserved">
                        {count(model.reserved_requests)} counted as reserved ·{" "}
                      </span>
                    )}
                    <span title={fullTime(model.last_used_at)}>last {relative(model.last_used_at)}</span>
                  </p>
                </div>
                <Button size="sm" data-testid="unpriced-set" onClick={() => setChosen(model)}>
                  Set a price
                </Button>
              </li>
            ))}
          </ul>
        </>
      )}
    </Dialog>
  );
}

function SetPrice({ of, onBack }: { of: UnpricedModel; onBack: () => void }) {
  const [text, setText] = useState(() => priceText({}));
  const [wrong, setWrong] = useState<PriceProblems>({});
  const [past, setPast] = useState(true);
  const [saved, setSaved] = useState(false);
  const tick = useId();
  const save = useWrite((prices: Record<string, number>) => putPrice(of.provider, of.model, prices), ["catalogue"]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const { prices, problems } = readPrices(text);
    setWrong(problems);
    if (Object.keys(problems).length > 0) return;
    save.mutate(prices, {
      onSuccess: () => {
        toast.success(`Your price for ${of.model} counts from the next request.`);
        if (past) setSaved(true);
        else onBack();
      },
    });
  };
  if (saved) return <Rerate provider={of.provider} model={of.model} onDone={onBack} />;
  return (
    <form onSubmit={submit} className="grid gap-4">
      <PriceFields text={text} problems={wrong} onChange={setText} />
      <label htmlFor={tick} className="flex items-start gap-2 text-sm">
        <input
          id={tick}
          type="checkbox"
          className="mt-0.5 size-4 accent-accent"
          checked={past}
          data-testid="unpriced-past"
          onChange={(event) => setPast(event.target.checked)}
        />
        <span>
          Also rate the requests so far
          <span className="block text-faint text-xs">What would change is said before it is done.</span>
        </span>
      </label>
      {save.error && <ErrorNotice error={save.error} />}
      <div className="flex justify-end gap-2">
        <Button onClick={onBack}>Back</Button>
        <Button type="submit" variant="primary" busy={save.isPending} data-testid="unpriced-save">
          Save price
        </Button>
      </div>
    </form>
  );
}
