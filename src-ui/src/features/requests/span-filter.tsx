import { Clock } from "lucide-react";
import { useState } from "react";
import type { RequestFilter } from "@/api/log";
import { Button } from "@/components/controls";
import { Field, Input } from "@/components/field";
import { Popover } from "@/components/popover";
import { cn } from "@/lib/cn";

const HOUR = 3_600_000;
const midnight = () => new Date().setHours(0, 0, 0, 0);
/** Days are the reader's: the clocks may have changed since. */
const daysAgo = (days: number) => {
  const day = new Date(midnight());
  return day.setDate(day.getDate() - days);
};

const SPANS: { label: string; span: () => Pick<RequestFilter, "from" | "to"> }[] = [
  { label: "Last hour", span: () => ({ from: Date.now() - HOUR, to: undefined }) },
  { label: "Today", span: () => ({ from: midnight(), to: undefined }) },
  { label: "Yesterday", span: () => ({ from: daysAgo(1), to: midnight() }) },
  { label: "Last 7 days", span: () => ({ from: daysAgo(6), to: undefined }) },
  { label: "Last 30 days", span: () => ({ from: daysAgo(29), to: undefined }) },
];

/** As the field of the browser has it: in the reader's zone, to the minute. */
function fieldText(at: number | undefined) {
  if (at === undefined) return "";
  const zone = new Date(at).getTimezoneOffset() * 60_000;
  return new Date(at - zone).toISOString().slice(0, 16);
}
const fieldTime = (text: string) => {
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
};

/** From when to when: a few spans at a click, or two moments. */
export function SpanFilter({
  from,
  to,
  onChange,
}: {
  from: number | undefined;
  to: number | undefined;
  onChange: (span: Pick<RequestFilter, "from" | "to">) => void;
}) {
  const [open, setOpen] = useState(false);
  const set = from !== undefined || to !== undefined;
  const wrong = from !== undefined && to !== undefined && to <= from;
  return (
    <Popover
      label="From when to when"
      open={open}
      onOpen={setOpen}
      trigger={
        <Button data-testid="filter-time" className={cn(set && "border-accent")}>
          <Clock className="size-3.5" /> Time
        </Button>
      }
    >
      <div className="grid gap-3">
        <div className="flex flex-wrap gap-1.5">
          {SPANS.map(({ label, span }) => (
            <Button
              key={label}
              size="sm"
              onClick={() => {
                onChange(span());
                setOpen(false);
              }}
            >
              {label}
            </Button>
          ))}
        </div>
        <Field label="From">
          {(control) => (
            <Input
              {...control}
              type="datetime-local"
              data-testid="filter-from"
              value={fieldText(from)}
              onChange={(event) => onChange({ from: fieldTime(event.target.value), to })}
            />
          )}
        </Field>
        <Field label="Until" error={wrong ? "It ends before it begins." : null}>
          {(control) => (
            <Input
              {...control}
              type="datetime-local"
              data-testid="filter-to"
              value={fieldText(to)}
              onChange={(event) => onChange({ from, to: fieldTime(event.target.value) })}
            />
          )}
        </Field>
      </div>
    </Popover>
  );
}
