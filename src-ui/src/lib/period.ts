// Periods of budgets as LiteLLM writes them. They follow the calendar: a day ends at midnight, a week on Monday, and both
// `30d` and `1mo` on the first of the month.
export const PERIODS = [
  { value: "1h", label: "Every hour" },
  { value: "1d", label: "Every day" },
  { value: "7d", label: "Every week" },
  { value: "1mo", label: "Every month" },
];

const SAME: Record<string, string> = { "24h": "1d", "1w": "7d", "30d": "1mo" };
const WORDS: Record<string, string> = { "1h": "an hour", "1d": "a day", "7d": "a week", "1mo": "a month" };
const UNITS: Record<string, string> = { s: "seconds", m: "minutes", h: "hours", d: "days", w: "weeks", mo: "months" };

/** "a month", "2 weeks": what follows "per" or "in". */
export function period(duration: string) {
  const known = WORDS[SAME[duration] ?? duration];
  if (known) return known;
  const [, number, unit] = /^(\d+)(s|m|h|d|w|mo)$/.exec(duration) ?? [];
  return number && unit ? `${number} ${UNITS[unit]}` : duration;
}

/** The choices, with one more where another is set already. */
export const periodsWith = (current: string) =>
  current === "" || PERIODS.some(({ value }) => value === current)
    ? PERIODS
    : [...PERIODS, { value: current, label: `Every ${period(current).replace(/^an? /, "")}` }];
