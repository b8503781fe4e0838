import type { By, Group, Period, Range, Spend, Totals } from "@/api/spend";
import { addDays, dayOf, inZone, spanText } from "@/lib/days";
import { percent } from "@/lib/numbers";

export const BY_WORDS: Record<By, { label: string; many: string }> = {
  model: { label: "Model", many: "Models" },
  provider: { label: "Provider", many: "Providers" },
  key: { label: "Key", many: "Keys" },
  tool: { label: "Tool", many: "Tools" },
  user: { label: "User", many: "Users" },
  team: { label: "Team", many: "Teams" },
  organization: { label: "Organization", many: "Organizations" },
  project: { label: "Project", many: "Projects" },
  end_user: { label: "End user", many: "End users" },
};

const NONE: Record<By, string> = {
  model: "no model",
  provider: "no provider reached",
  key: "no key",
  tool: "unnamed tool",
  user: "no user",
  team: "no team",
  organization: "no organization",
  project: "no project",
  end_user: "no end user",
};

/** As people call it. What named none of the kind has an empty id. */
export const groupName = (by: By, { id, name }: Pick<Group, "id" | "name">) =>
  id === "" ? NONE[by] : name || "unnamed";

export const RANGE_WORDS: Record<Range, string> = {
  today: "Today",
  "7d": "7 days",
  "30d": "30 days",
  "90d": "90 days",
  "365d": "Year",
};

/** First and last day of a period's answer. `to` is where its last slot ends. */
export const daysOf = ({ from, to, tz }: Pick<Spend, "from" | "to" | "tz">) =>
  [dayOf(from, tz), dayOf(to - 1, tz)] as const;

export function periodText(spend: Pick<Spend, "from" | "to" | "tz">, today = dayOf(Date.now(), spend.tz)) {
  const [first, last] = daysOf(spend);
  return spanText(first, last, today);
}

const BEFORE: Record<Range, string> = {
  today: "yesterday",
  "7d": "the 7 days before",
  "30d": "the 30 days before",
  "90d": "the 90 days before",
  "365d": "the year before",
};

/** What follows "than" and "compared with". */
export function comparedText(spend: Spend, period: Period) {
  if (!period.compare && spend.range) return BEFORE[spend.range];
  const [first, last] = daysOf({ ...spend.compared, tz: spend.tz });
  const today = dayOf(Date.now(), spend.tz);
  if (first === last && first === addDays(today, -1)) return "yesterday";
  return spanText(first, last, today);
}

const FIELDS = [
  "requests",
  "errors",
  "cancelled",
  "input_tokens",
  "output_tokens",
  "cache_read_tokens",
  "cache_write_tokens",
  "reasoning_tokens",
  "cost_nanos",
  "unpriced_requests",
  "local_requests",
  "covered_nanos",
  "covered_requests",
] as const satisfies (keyof Totals)[];

/**
 * The compared period as far as the shown one has come: half a day beside a whole one would always look thrifty. `until` is where
 * it was cut; null where it is whole.
 */
export function comparedSoFar({ slots, compared }: Spend, now: number): { totals: Totals; until: number | null } {
  const begun = slots.filter(({ start }) => start <= now).length;
  const until = compared.slots[begun]?.start;
  if (begun === slots.length || until === undefined) return { totals: compared.totals, until: null };
  const totals = { ...compared.totals };
  for (const field of FIELDS) totals[field] = 0;
  for (const slot of compared.slots.slice(0, begun)) for (const field of FIELDS) totals[field] += slot.totals[field];
  return { totals, until };
}

/** The same with its name: "yesterday until 10:00". */
export function comparedAs(spend: Spend, against: string, now = Date.now()) {
  const { totals, until } = comparedSoFar(spend, now);
  const hour = inZone(spend.tz, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }, undefined);
  // Of days only the one that runs is cut, at its end: nothing that is worth a word.
  return { totals, name: until === null ? against : `${against} until ${hour.format(until)}` };
}

export interface Change {
  /** Beside the figure. */
  text: string;
  /** Read out: "up 12%". */
  spoken: string;
  up: boolean;
}

/** Null where both are nothing. What was nothing before is new: no percentage says that. */
export function change(now: number, before: number): Change | null {
  if (before === 0) return now === 0 ? null : { text: "new", spoken: "new, nothing before", up: true };
  if (now === before) return { text: "same", spoken: "the same", up: false };
  const share = (now - before) / before;
  const size = Math.abs(share);
  const up = share > 0;
  const text = size >= 9.995 ? `${Math.round(now / before)}×` : percent(size);
  return {
    text: `${up ? "▲" : "▼"} ${text}`,
    spoken: size >= 9.995 ? `${text} as much` : `${up ? "up" : "down"} ${text}`,
    up,
  };
}

/** Of a chart's slots: below the axis, and in full. */
export function slotWords({ bucket, tz, slots, from, to }: Spend) {
  const hour = inZone(tz, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }, undefined);
  if (bucket === "hour") {
    const several = dayOf(from, tz) !== dayOf(to - 1, tz);
    const day = inZone(tz, { weekday: "short", month: "short", day: "numeric" });
    return {
      short: (start: number) => (several && hour.format(start) === "00:00" ? day.format(start) : hour.format(start)),
      long: (start: number, end: number) => `${day.format(start)}, ${hour.format(start)} – ${hour.format(end)}`,
      mark: undefined,
    };
  }
  const thisYear = dayOf(from, tz).slice(0, 4) === dayOf(Date.now(), tz).slice(0, 4);
  const [short, month] = [inZone(tz, { month: "short", day: "numeric" }), inZone(tz, { month: "short" })];
  const full = inZone(tz, {
    weekday: "short",
    month: "short",
    day: "numeric",
    ...(!thisYear && { year: "numeric" }),
  });
  const months = slots.length > 120;
  return {
    // Of more than a year, each January says which.
    short: (start: number) =>
      slots.length > 366 && dayOf(start, tz).slice(5, 7) === "01"
        ? dayOf(start, tz).slice(0, 4)
        : (months ? month : short).format(start),
    long: (start: number) => full.format(start),
    mark: months ? (start: number) => dayOf(start, tz).endsWith("-01") : undefined,
  };
}
