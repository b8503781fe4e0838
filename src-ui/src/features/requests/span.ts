import { dayName, hourTime, sameDay } from "@/lib/time";

const startsDay = (at: number) => new Date(at).getHours() + new Date(at).getMinutes() === 0;

/** "Nov 26", "Nov 21 – Nov 27" or "Nov 26, 14:00 – 15:00", in the reader's zone: `to` is where it ends. */
export function spanText(from: number | undefined, to: number | undefined) {
  if (from === undefined || to === undefined)
    return from === undefined ? `before ${moment(to!)}` : `from ${moment(from)} on`;
  if (startsDay(from) && startsDay(to))
    return sameDay(from, to - 1) ? dayName(from) : `${dayName(from)} – ${dayName(to - 1)}`;
  return sameDay(from, to - 1)
    ? `${dayName(from)}, ${hourTime(from)} – ${hourTime(to)}`
    : `${moment(from)} – ${moment(to)}`;
}

const moment = (at: number) => (startsDay(at) ? dayName(at) : `${dayName(at)}, ${hourTime(at)}`);
