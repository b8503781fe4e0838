const clock = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const hour = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat("en", { month: "short", day: "numeric" });
const weekday = new Intl.DateTimeFormat("en", { weekday: "short", month: "short", day: "numeric" });
const full = new Intl.DateTimeFormat("en", {
  year: "numeric",
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
  timeZoneName: "short",
});

export const clockTime = (at: number) => clock.format(at);
export const hourTime = (at: number) => hour.format(at);
export const dayName = (at: number) => day.format(at);
export const weekdayName = (at: number) => weekday.format(at);
export const fullTime = (at: number | string) => full.format(new Date(at));

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "just now", "5 min ago", "3 h ago", "in 12 days": coarse on purpose. */
export function relative(at: number | string, now = Date.now()) {
  const gap = new Date(at).getTime() - now;
  const size = Math.abs(gap);
  if (size < 45 * SECOND) return gap > SECOND ? "in moments" : "just now";
  const [value, unit] =
    size < 60 * MINUTE
      ? [Math.round(size / MINUTE), "min"]
      : size < 36 * HOUR
        ? [Math.round(size / HOUR), "h"]
        : size < 60 * DAY
          ? [Math.round(size / DAY), "days"]
          : size < 700 * DAY
            ? [Math.round(size / (30.4 * DAY)), "months"]
            : [Math.round(size / (365 * DAY)), "years"];
  return gap > 0 ? `in ${value} ${unit}` : `${value} ${unit} ago`;
}

/** Durations that the ledger keeps in microseconds. */
export function duration(micros: number) {
  if (micros < 1000) return `${micros} µs`;
  if (micros < 10_000) return `${(micros / 1000).toFixed(1)} ms`;
  if (micros < 999_500) return `${Math.round(micros / 1000)} ms`;
  if (micros < 60_000_000) return `${(micros / 1e6).toFixed(micros < 9_995_000 ? 2 : 1)} s`;
  const seconds = Math.round(micros / 1e6);
  return `${Math.floor(seconds / 60)} m ${String(seconds % 60).padStart(2, "0")} s`;
}

/** How long something went on, in milliseconds: "42 s", "12 min", "3 h 05 min", "2 days 4 h". Coarser, the longer it is. */
export function lasted(millis: number) {
  const [seconds, minutes] = [Math.round(millis / SECOND), Math.round(millis / MINUTE)];
  if (seconds < 60) return `${Math.max(1, seconds)} s`;
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
  const hours = Math.round(millis / HOUR);
  return `${Math.floor(hours / 24)} ${hours < 48 ? "day" : "days"} ${hours % 24} h`;
}

/** Same calendar day in the viewer's zone. */
export const sameDay = (a: number, b: number) => new Date(a).toDateString() === new Date(b).toDateString();
