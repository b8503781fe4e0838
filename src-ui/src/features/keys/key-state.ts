import type { KeyRow } from "@/api/contract";
import type { Tone } from "@/components/controls";
import { relative } from "@/lib/time";

/** LiteLLM's durations ("30d") in words. */
const PERIODS: Record<string, string> = {
  "1d": "a day",
  "24h": "a day",
  "7d": "a week",
  "30d": "30 days",
  "1mo": "a month",
};
export const period = (duration: string) => PERIODS[duration] ?? duration;

export const nameOf = (row: Pick<KeyRow, "key_alias" | "key_name">) => row.key_alias || row.key_name;

/** What keeps a key from working, or soon will; null if nothing does. */
export function keyState(row: KeyRow, now: number): { tone: Tone; word: string } | null {
  if (row.blocked) return { tone: "bad", word: "blocked" };
  if (row.expires) {
    const at = Date.parse(row.expires);
    if (at <= now) return { tone: "bad", word: `expired ${relative(at, now)}` };
    if (at - now < 7 * 86_400_000) return { tone: "warn", word: `expires ${relative(at, now)}` };
  }
  if (row.max_budget !== null && row.spend >= row.max_budget) return { tone: "warn", word: "budget spent" };
  return null;
}

export const isExpired = (row: KeyRow, now: number) => row.expires !== null && Date.parse(row.expires) <= now;
