import { Field, Input } from "@/components/field";
import { Fold } from "@/components/fold";
import { Select } from "@/components/select";
import { BILL_FIELDS, type Bill, isPlain } from "./bill";

const BILLINGS = [
  { value: "api", label: "By the token" },
  { value: "subscription", label: "Flat rate" },
];

/** Most pay what is listed, so it is folded away until something in it is set or wrong. */
export function BillFields({
  typed,
  onChange,
  error,
}: {
  typed: Bill;
  onChange: (typed: Bill) => void;
  error: (field: string) => string | null;
}) {
  const flat = typed.billing === "subscription";
  return (
    <Fold
      title="Billing: flat rate, discount or mark-up"
      open={!isPlain(typed)}
      wrong={BILL_FIELDS.some((field) => error(field) !== null)}
    >
      <div className="grid items-start gap-3 sm:grid-cols-2">
        <Field
          label="It bills"
          error={error("billing")}
          hint={
            flat
              ? "Its requests cost nothing each; what they would have cost is shown beside your spend."
              : "Each request costs what its tokens cost."
          }
        >
          {(control) => (
            <Select
              {...control}
              label="It bills"
              testid="provider-billing"
              className="w-full"
              options={BILLINGS}
              value={typed.billing}
              onChange={(next) => onChange({ ...typed, billing: next === "subscription" ? "subscription" : "api" })}
            />
          )}
        </Field>
        <Field
          label="Added to listed prices"
          error={error("price_adjustment_percent")}
          hint="Percent on every price of this provider: -20 for a discount of a fifth, 5 for a mark-up."
        >
          {(control) => (
            <span className="relative">
              <Input
                {...control}
                inputMode="text"
                className="pr-7 tabular-nums"
                data-testid="provider-price_adjustment_percent"
                placeholder="0"
                value={typed.percent}
                onChange={(event) => onChange({ ...typed, percent: event.target.value })}
              />
              <span aria-hidden className="absolute top-1.5 right-2.5 text-faint">
                %
              </span>
            </span>
          )}
        </Field>
      </div>
    </Fold>
  );
}
