import type { FullKey } from "@/api/governance-keys";
import type { Tone } from "@/components/controls";
import { personName } from "@/features/people/names";
import { relative } from "@/lib/time";

export const nameOf = (row: { key_alias: string | null; key_name: string }) => row.key_alias || row.key_name;

/** Whose it is, in as few words as there are: the person, else the team. */
export function ownerOf(row: FullKey, teamName: (id: string) => string) {
  const person = row.user ? personName(row.user) : row.user_id;
  const team = row.team_id ? teamName(row.team_id) : null;
  return { person, team };
}

/** What may be spent now, with what was added for a while. */
export function budgetOf(row: FullKey, now: number) {
  if (row.max_budget === null) return null;
  const more = row.temp_budget_expiry && Date.parse(row.temp_budget_expiry) > now ? row.temp_budget_increase : null;
  return row.max_budget + (more ?? 0);
}

type StateOf = Pick<FullKey, "blocked" | "expires" | "max_budget" | "spend"> & Partial<FullKey>;

/** What keeps a key from working, or soon will; null if nothing does. */
export function keyState(row: StateOf, now: number): { tone: Tone; word: string } | null {
  if (row.deleted_at) return { tone: "neutral", word: `revoked ${relative(row.deleted_at, now)}` };
  if (row.blocked) return { tone: "bad", word: "blocked" };
  if (row.expires) {
    const at = Date.parse(row.expires);
    if (at <= now) return { tone: "bad", word: `expired ${relative(at, now)}` };
    if (at - now < 7 * 86_400_000) return { tone: "warn", word: `expires ${relative(at, now)}` };
  }
  const budget = budgetOf(row as FullKey, now);
  if (budget !== null && row.spend >= budget) return { tone: "warn", word: "budget spent" };
  return null;
}

/** What `allowed_routes` means in words, where it is one of the usual kinds. */
export const KINDS = [
  { value: "llm_api", route: "llm_api_routes", label: "Calling models only" },
  { value: "management", route: "management_routes", label: "Managing only" },
  { value: "read_only", route: "info_routes", label: "Looking only" },
] as const;

export function kindOf(routes: string[] | undefined): string {
  if (!routes || routes.length === 0) return "";
  return (routes.length === 1 && KINDS.find(({ route }) => route === routes[0])?.value) || "custom";
}
