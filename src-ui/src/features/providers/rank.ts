// Which of several providers is asked, and for how long: as a form holds it, and what of it has to be sent.
import type { Provider, ProviderChange } from "@/api/contract";

export interface Rank {
  priority: string;
  weight: string;
  /** Seconds; empty for the gateway's own. */
  timeout: string;
}

const USUAL = 100;
const HIGHEST = 1_000_000;
const LONGEST = 86_400;

export const RANK_FIELDS = ["priority", "weight", "timeout"];

export const newRank = (): Rank => ({ priority: String(USUAL), weight: String(USUAL), timeout: "" });

export const rankOf = ({ priority, weight, timeout }: Provider): Rank => ({
  priority: String(priority),
  weight: String(weight),
  timeout: timeout === null ? "" : String(timeout),
});

export const isUsual = (rank: Rank) =>
  rank.priority === String(USUAL) && rank.weight === String(USUAL) && !rank.timeout;

/** What is wrong, by the name that the gateway has for the field. */
export function rankProblems({ priority, weight, timeout }: Rank) {
  const problems: Record<string, string> = {};
  const whole = (text: string) => /^\d+$/.test(text.trim()) && Number(text) <= HIGHEST;
  if (!whole(priority)) problems.priority = `A whole number from 0 to ${HIGHEST}.`;
  if (!whole(weight)) problems.weight = `A whole number from 0 to ${HIGHEST}.`;
  const seconds = Number(timeout.trim());
  if (timeout.trim() !== "" && !(seconds > 0 && seconds <= LONGEST))
    problems.timeout = `Seconds, more than 0 and at most ${LONGEST}.`;
  return problems;
}

/** The members of a change; what stays as it is has none. */
export function changedRank(
  typed: Rank,
  before: Rank = newRank(),
): Pick<ProviderChange, "priority" | "weight" | "timeout"> {
  const timeout = typed.timeout.trim();
  return {
    priority: Number(typed.priority) === Number(before.priority) ? undefined : Number(typed.priority),
    weight: Number(typed.weight) === Number(before.weight) ? undefined : Number(typed.weight),
    timeout: timeout === before.timeout.trim() ? undefined : timeout === "" ? null : Number(timeout),
  };
}
