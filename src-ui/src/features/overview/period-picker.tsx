import { CalendarRange, GitCompareArrows } from "lucide-react";
import { useState } from "react";
import { RANGES, type Range, type Spend } from "@/api/spend";
import { Button, Segmented } from "@/components/controls";
import { Field, Input } from "@/components/field";
import { Popover } from "@/components/popover";
import { cn } from "@/lib/cn";
import { addDays, addMonths, type Day, dayOf, daysBetween, isDay, monthEnd, monthStart, spanText } from "@/lib/days";
import { type OverviewSearch, useOverviewSearch } from "./search";
import { daysOf, RANGE_WORDS } from "./words";

/** The gateway reads two years at once, and a little more. */
const MOST_DAYS = 800;

const OPTIONS: { value: Range | ""; label: string }[] = RANGES.map((value) => ({ value, label: RANGE_WORDS[value] }));

/** Which days are shown, and which they are compared with. All of it is in the address. */
export function PeriodPicker({ spend, today }: { spend: Spend | undefined; today: Day }) {
  const { search, change, toDays } = useOverviewSearch();
  return (
    <>
      <Segmented
        label="Period"
        testid="range"
        value={search.from === undefined ? (search.range ?? "today") : ""}
        onChange={(range) => range && toDays({ range })}
        options={OPTIONS}
      />
      <OwnDays
        search={search}
        today={today}
        shown={spend ? daysOf(spend) : undefined}
        onDays={(from, to) => toDays({ from, to })}
      />
      <Compare search={search} spend={spend} onCompare={(compare) => change({ compare })} />
    </>
  );
}

const known = (today: Day): [label: string, from: Day, to: Day][] => {
  const month = monthStart(today);
  const last = addMonths(month, -1);
  return [
    ["Yesterday", addDays(today, -1), addDays(today, -1)],
    ["This month", month, today],
    ["Last month", last, monthEnd(last)],
    ["This year", `${today.slice(0, 4)}-01-01`, today],
  ];
};

function OwnDays({
  search,
  shown,
  today,
  onDays,
}: {
  search: OverviewSearch;
  shown: readonly [Day, Day] | undefined;
  today: Day;
  onDays: (from: Day, to: Day) => void;
}) {
  const [isOpen, setOpen] = useState(false);
  const [days, setDays] = useState({ from: "", to: "" });
  const open = (next: boolean) => {
    if (next) setDays({ from: search.from ?? shown?.[0] ?? today, to: search.to ?? shown?.[1] ?? today });
    setOpen(next);
  };
  const choose = (from: Day, to: Day) => {
    onDays(from, to);
    setOpen(false);
  };
  const { from, to } = days;
  const wrong = !isDay(from) || !isDay(to) ? "Both days are needed." : from > to ? "It ends before it begins." : null;
  const long = !wrong && daysBetween(from, to) >= MOST_DAYS ? `At most ${MOST_DAYS} days are shown at once.` : null;
  const name = search.from && search.to ? spanText(search.from, search.to, today) : "Custom";
  return (
    <Popover
      label="Days of your own"
      open={isOpen}
      onOpen={open}
      trigger={
        <Button
          data-testid="range-custom"
          title="Days of your own"
          className={cn("max-w-60 text-xs", search.from && "border-accent")}
        >
          <CalendarRange aria-hidden className="size-3.5 text-faint" />
          <span className="truncate">{name}</span>
        </Button>
      }
    >
      <form
        className="grid gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (!wrong && !long) choose(from, to);
        }}
      >
        <div className="grid grid-cols-2 gap-1">
          {known(today).map(([label, first, last]) => (
            <Button key={label} size="sm" variant="ghost" onClick={() => choose(first, last)}>
              {label}
            </Button>
          ))}
        </div>
        <Field label="First day">
          {(control) => (
            <Input
              {...control}
              type="date"
              max={today}
              value={from}
              data-testid="custom-from"
              onChange={(event) => setDays({ from: event.target.value, to })}
            />
          )}
        </Field>
        <Field label="Last day" error={wrong ?? long}>
          {(control) => (
            <Input
              {...control}
              type="date"
              max={today}
              value={to}
              data-testid="custom-to"
              onChange={(event) => setDays({ from, to: event.target.value })}
            />
          )}
        </Field>
        <Button type="submit" variant="primary" disabled={Boolean(wrong ?? long)} data-testid="custom-apply">
          Show these days
        </Button>
      </form>
    </Popover>
  );
}

function Compare({
  search,
  spend,
  onCompare,
}: {
  search: OverviewSearch;
  spend: Spend | undefined;
  onCompare: (compare: string | undefined) => void;
}) {
  const [isOpen, setOpen] = useState(false);
  const [day, setDay] = useState("");
  const choose = (compare: string | undefined) => {
    onCompare(compare);
    setOpen(false);
  };
  const first = spend && dayOf(spend.from, spend.tz);
  const ways: [label: string, compare: string | undefined][] = [
    ["The period just before", undefined],
    ...(first ? ([["The same days a year before", addMonths(first, -12)]] as [string, string][]) : []),
    ["Nothing", "none"],
  ];
  return (
    <Popover
      label="Compare with"
      open={isOpen}
      onOpen={(next) => {
        if (next) setDay(isDay(search.compare) ? search.compare : "");
        setOpen(next);
      }}
      trigger={
        <Button
          data-testid="compare"
          size="icon"
          aria-label="Compare with another period"
          title="Compare with another period"
          className={cn(search.compare && "border-accent")}
        >
          <GitCompareArrows aria-hidden className="size-4 text-muted" />
        </Button>
      }
    >
      <form
        className="grid gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (isDay(day)) choose(day);
        }}
      >
        <div className="grid gap-1">
          <p className="font-medium text-xs">Compare with</p>
          {ways.map(([label, compare]) => (
            <Button
              key={label}
              size="sm"
              variant="ghost"
              aria-pressed={search.compare === compare}
              data-testid={`compare-${compare ?? "before"}`}
              className={cn("-mx-1 justify-start", search.compare === compare && "bg-selected text-text")}
              onClick={() => choose(compare)}
            >
              {label}
            </Button>
          ))}
        </div>
        <Field label="Or as many days from" hint="Compared day by day, from this one on.">
          {(control) => (
            <Input
              {...control}
              type="date"
              max={first}
              value={day}
              data-testid="compare-from"
              onChange={(event) => setDay(event.target.value)}
            />
          )}
        </Field>
        <Button type="submit" variant="primary" disabled={!isDay(day)} data-testid="compare-apply">
          Compare
        </Button>
      </form>
    </Popover>
  );
}
