import { Field, Input } from "@/components/field";
import { parsePerMillion, perMillion } from "@/lib/money";

const FIELDS = [
  { id: "input", label: "Input" },
  { id: "output", label: "Output" },
  { id: "cache_read", label: "Cache read" },
  { id: "cache_write", label: "Cache write" },
] as const;

export type PriceText = Record<(typeof FIELDS)[number]["id"], string>;
export type PriceProblems = Partial<PriceText>;

export function priceText(prices: Record<string, number | undefined>): PriceText {
  const text = (id: string) => (prices[id] === undefined ? "" : perMillion(prices[id]!).slice(1).replaceAll(",", ""));
  return Object.fromEntries(FIELDS.map(({ id }) => [id, text(id)])) as PriceText;
}

/** What is typed as prices, and what is wrong with it. */
export function readPrices(text: PriceText) {
  const problems: PriceProblems = {};
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
  return { prices, problems };
}

export function PriceFields({
  text,
  problems,
  onChange,
}: {
  text: PriceText;
  problems: PriceProblems;
  onChange: (text: PriceText) => void;
}) {
  return (
    <div className="grid grid-cols-2 gap-3">
      {FIELDS.map(({ id, label }) => (
        <Field key={id} label={label} error={problems[id]} optional={id.startsWith("cache")}>
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
                onChange={(event) => onChange({ ...text, [id]: event.target.value })}
              />
              <span aria-hidden className="absolute top-2 right-2.5 text-2xs text-faint">
                per 1M
              </span>
            </span>
          )}
        </Field>
      ))}
    </div>
  );
}
