import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import { useWrite } from "@/api/queries";
import { deletePrice, putPrice } from "@/api/routes";
import { Button } from "@/components/controls";
import { ErrorNotice } from "@/components/notice";
import type { Listed } from "./filter";
import { PriceFields, type PriceProblems, priceText, readPrices } from "./price-fields";

/** Negotiated and unknown prices: what is entered here wins over the catalogue from the next request on. */
export function PriceForm({ model, onChanged }: { model: Listed; onChanged: () => void }) {
  const [text, setText] = useState(() => priceText(model.prices));
  const [wrong, setWrong] = useState<PriceProblems>({});
  // The form is another one as soon as the catalogue is read anew, which may be before a mutation's own callbacks are called.
  const told = (text: string) => {
    toast.success(text);
    onChanged();
  };
  const save = useWrite(
    (prices: Record<string, number>) =>
      putPrice(model.provider, model.id, prices).then(() =>
        told(`Your price for ${model.name} counts from the next request.`),
      ),
    ["catalogue"],
  );
  const reset = useWrite(
    () => deletePrice(model.provider, model.id).then(() => told("The catalogue's price is back in force.")),
    ["catalogue"],
  );

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const { prices, problems } = readPrices(text);
    setWrong(problems);
    if (Object.keys(problems).length === 0) save.mutate(prices);
  };

  return (
    <form onSubmit={submit} className="grid gap-3">
      <PriceFields text={text} problems={wrong} onChange={setText} />
      {(save.error ?? reset.error) && <ErrorNotice error={save.error ?? reset.error} />}
      <div className="flex justify-end gap-2">
        {model.overridden && (
          <Button
            variant="ghost"
            busy={reset.isPending}
            data-testid="price-reset"
            onClick={() => reset.mutate(undefined)}
          >
            Use the catalogue's price
          </Button>
        )}
        <Button type="submit" busy={save.isPending} data-testid="price-save">
          Save price
        </Button>
      </div>
    </form>
  );
}
