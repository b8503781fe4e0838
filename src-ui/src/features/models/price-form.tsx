import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import { useWrite } from "@/api/queries";
import { deletePrice, putPrice } from "@/api/routes";
import { Button } from "@/components/controls";
import { Field, Input } from "@/components/field";
import { ErrorNotice } from "@/components/notice";
import { parsePerMillion, perMillion } from "@/lib/money";
import type { Listed } from "./filter";

const FIELDS = [
  { id: "input", label: "Input" },
  { id: "output", label: "Output" },
  { id: "cache_read", label: "Cache read" },
  { id: "cache_write", label: "Cache write" },
] as const;
type FieldId = (typeof FIELDS)[number]["id"];

/** Negotiated and unknown prices: what is entered here wins over the catalogue from the next request on. */
export function PriceForm({ model }: { model: Listed }) {
  const initial = Object.fromEntries(
    FIELDS.map(({ id }) => [
      id,
      model.prices[id] === undefined ? "" : perMillion(model.prices[id]!).slice(1).replaceAll(",", ""),
    ]),
  ) as Record<FieldId, string>;
  const [text, setText] = useState(initial);
  const [wrong, setWrong] = useState<Partial<Record<FieldId, string>>>({});
  const save = useWrite((prices: Record<string, number>) => putPrice(model.provider, model.id, prices), ["catalogue"]);
  const reset = useWrite(() => deletePrice(model.provider, model.id), ["catalogue"]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const problems: typeof wrong = {};
    const prices: Record<string, number> = {};
    for (const { id } of FIELDS) {
      if (text[id].trim() === "") {
        if (id === "input" || id === "output") problems[id] = "Needed; 0 means free.";
        continue;
      }
      const value = parsePerMillion(text[id]);
      if (value === null) problems[id] = "Dollars, such as 0.075.";
      else prices[id] = value;
    }
    setWrong(problems);
    if (Object.keys(problems).length === 0) {
      save.mutate(prices, {
        onSuccess: () => toast.success(`Your price for ${model.name} counts from the next request.`),
      });
    }
  };

  return (
    <form onSubmit={submit} className="grid gap-3">
      <div className="grid grid-cols-2 gap-3">
        {FIELDS.map(({ id, label }) => (
          <Field key={id} label={label} error={wrong[id]} optional={id.startsWith("cache")}>
            {(control) => (
              <span className="relative">
                <span aria-hidden className="absolute top-1.5 left-2.5 text-faint">
                  $
                </span>
                <Input
                  {...control}
                  inputMode="decimal"
                  data-testid={`price-${id}`}
                  className="pr-14 pl-6"
                  value={text[id]}
                  onChange={(event) => setText({ ...text, [id]: event.target.value })}
                />
                <span aria-hidden className="absolute top-2 right-2.5 text-2xs text-faint">
                  per 1M
                </span>
              </span>
            )}
          </Field>
        ))}
      </div>
      {(save.error ?? reset.error) && <ErrorNotice error={save.error ?? reset.error} />}
      <div className="flex justify-end gap-2">
        {model.overridden && (
          <Button
            variant="ghost"
            busy={reset.isPending}
            data-testid="price-reset"
            onClick={() =>
              reset.mutate(undefined, { onSuccess: () => toast.success("The catalogue's price is back in force.") })
            }
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
