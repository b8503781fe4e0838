// Days of a calendar, as "2026-11-26". Which day a moment is in depends on the zone; counting days does not.

export type Day = string;

const formats = new Map<string, Intl.DateTimeFormat>();

/** A format in a zone, made once: making one costs more than a hundred uses of it. */
export function inZone(tz: string, options: Intl.DateTimeFormatOptions, locale: string | undefined = "en") {
  const name = `${tz} ${locale} ${JSON.stringify(options)}`;
  let format = formats.get(name);
  if (!format) {
    format = new Intl.DateTimeFormat(locale, { ...options, timeZone: tz });
    formats.set(name, format);
  }
  return format;
}

const PARTS = { year: "numeric", month: "2-digit", day: "2-digit" } as const;

/** The day that a moment is in. From its parts: no locale writes "2026-11-26" in every engine. */
export function dayOf(at: number, tz: string): Day {
  const parts = new Map(
    inZone(tz, PARTS, "en-US")
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  return `${parts.get("year")}-${parts.get("month")}-${parts.get("day")}`;
}

const utc = (day: Day) => Date.parse(`${day}T00:00:00Z`);
const fromUtc = (at: number): Day => new Date(at).toISOString().slice(0, 10);
const DAY = 86_400_000;

/** Whether it is a day that exists: the 30th of February is none. */
export function isDay(text: unknown): text is Day {
  if (typeof text !== "string" || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const at = utc(text);
  return !Number.isNaN(at) && fromUtc(at) === text;
}

export const addDays = (day: Day, days: number): Day => fromUtc(utc(day) + days * DAY);
/** How many days later the second is. */
export const daysBetween = (first: Day, last: Day) => Math.round((utc(last) - utc(first)) / DAY);

/** The same day in another month, or that month's last. */
export function addMonths(day: Day, months: number): Day {
  const [year, month, date] = day.split("-").map(Number) as [number, number, number];
  const last = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
  return fromUtc(Date.UTC(year, month - 1 + months, Math.min(date, last)));
}

export const monthStart = (day: Day): Day => `${day.slice(0, 8)}01`;
export const monthEnd = (day: Day): Day => addDays(addMonths(monthStart(day), 1), -1);

/** 0 is Monday, on which weeks and the budgets of weeks begin. */
export const weekday = (day: Day) => (new Date(utc(day)).getUTCDay() + 6) % 7;

export const dayText = (day: Day, options: Intl.DateTimeFormatOptions) => inZone("UTC", options).format(utc(day));

/** "November 21 – 27", with the year where it is not this one. */
export function spanText(first: Day, last: Day, today: Day) {
  const year = first.slice(0, 4) !== today.slice(0, 4) || last.slice(0, 4) !== today.slice(0, 4);
  const options: Intl.DateTimeFormatOptions = { month: "long", day: "numeric", ...(year && { year: "numeric" }) };
  if (first === last) return dayText(first, { weekday: "long", ...options });
  const format = inZone("UTC", options);
  // Thin spaces, as Intl writes them, would break within narrow columns.
  return format.formatRange(utc(first), utc(last)).replaceAll("\u2009", " ");
}
