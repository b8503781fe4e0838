import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { Field, Input } from "@/components/field";
import { isUsual, RANK_FIELDS, type Rank } from "./rank";

/** Rarely needed, so folded away until something in it is set or wrong. */
export function RankFields({
  typed,
  onChange,
  error,
}: {
  typed: Rank;
  onChange: (typed: Rank) => void;
  error: (field: string) => string | null;
}) {
  const [opened, setOpened] = useState(() => !isUsual(typed));
  const open = opened || RANK_FIELDS.some((field) => error(field) !== null);
  const number = (field: keyof Rank, label: string, hint: string, placeholder?: string) => (
    <Field label={label} error={error(field)} hint={hint}>
      {(control) => (
        <Input
          {...control}
          inputMode="decimal"
          className="tabular-nums"
          data-testid={`provider-${field}`}
          placeholder={placeholder}
          value={typed[field]}
          onChange={(event) => onChange({ ...typed, [field]: event.target.value })}
        />
      )}
    </Field>
  );
  return (
    <details className="group" open={open} onToggle={(event) => setOpened(event.currentTarget.open)}>
      <summary
        className="flex cursor-pointer list-none items-center gap-1 rounded text-muted text-xs [&::-webkit-details-marker]:hidden"
        data-testid="provider-rank"
      >
        <ChevronRight aria-hidden className="size-3.5 text-faint group-open:rotate-90" />
        Priority, weight and timeout
      </summary>
      <div className="mt-2 grid items-start gap-3 sm:grid-cols-3">
        {number("priority", "Priority", "Higher is asked first.")}
        {number("weight", "Weight", "Share among equals.")}
        {number("timeout", "Timeout", "Seconds to wait for it.", "the gateway's")}
      </div>
    </details>
  );
}
