// What routes of people have in common: who asks, and what they say of limits.
import type { CustomerRow, TeamRow } from "../../src/api/contract.ts";
import { type Call, Refusal } from "../refusal.ts";
import type { World } from "../world.ts";
import type { Limits, Rates, Team, User } from "./state.ts";

export const refused = (message = "this is not yours") => new Refusal(403, "not_yours", message);

/** Whoever asks; null is the administrator's key. */
export const me = (call: Call): User | null => {
  const id = call.user;
  return id === null ? null : (call.world.people.users.find((user) => user.user_id === id) ?? null);
};
export const isAdmin = (call: Call) => {
  const user = me(call);
  return user === null || user.user_role === "proxy_admin";
};
export const seesAll = (call: Call) => isAdmin(call) || me(call)?.user_role === "proxy_admin_viewer";

/** The organizations that whoever asks administers. */
export const led = (call: Call): string[] =>
  call.world.people.organizations
    .filter(({ places }) => places.some(({ user_id, role }) => user_id === call.user && role === "org_admin"))
    .map(({ organization_id }) => organization_id);

export function administers(call: Call) {
  if (!isAdmin(call)) throw refused("Only proxy admin can be used to do this.");
}

const NAMES: (keyof Limits)[] = [
  "max_budget",
  "soft_budget",
  "budget_duration",
  "rpm_limit",
  "tpm_limit",
  "max_parallel_requests",
];
const DAY = 86_400_000;
const LENGTHS: Record<string, number> = { "1h": DAY / 24, "1d": DAY, "7d": 7 * DAY, "1mo": 30 * DAY, "30d": 30 * DAY };

/** Takes limits out of a request, as the gateway would. */
export function setLimits(row: Limits & { spend?: number }, body: Record<string, unknown>) {
  const most = body.max_budget;
  if (typeof most === "number" && most < (row.spend ?? 0)) {
    throw new Refusal(
      400,
      "budget_below_spend",
      `max_budget=${most} is below what is spent in the running period: ${row.spend}. To stop all spending, block it`,
      "max_budget",
    );
  }
  for (const name of [...NAMES, "model_max_budget", "model_rpm_limit", "model_tpm_limit", "allowed_models"]) {
    if (name in body) (row as unknown as Record<string, unknown>)[name] = body[name];
  }
  if ("budget_duration" in body) {
    const length = LENGTHS[String(body.budget_duration)];
    row.budget_reset_at = length ? new Date(Date.now() + length).toISOString() : null;
  }
}

/** Copies members that were said. */
export function take<Row extends object>(row: Row, body: Record<string, unknown>, names: (keyof Row & string)[]) {
  for (const name of names) if (name in body) (row as Record<string, unknown>)[name] = body[name];
}

const has = (text: string | null | undefined, part: string | null) =>
  !part || (text ?? "").toLowerCase().includes(part.toLowerCase());

export { has };

/** A page of rows, sorted as was asked. */
export function page<Row>(rows: Row[], query: URLSearchParams) {
  const [number, size] = [Number(query.get("page") ?? 1), Number(query.get("page_size") ?? 25)];
  const by = query.get("sort_by") as keyof Row | null;
  const sign = query.get("sort_order") === "desc" ? -1 : 1;
  const sorted = by
    ? [...rows].sort((a, b) => {
        const [x, y] = [a[by] ?? "", b[by] ?? ""] as (string | number)[];
        return (x! < y! ? -1 : x! > y! ? 1 : 0) * sign;
      })
    : rows;
  return {
    rows: sorted.slice((number - 1) * size, number * size),
    total: rows.length,
    page: number,
    page_size: size,
    total_pages: Math.ceil(rows.length / size),
  };
}

const emailOf = (world: World, id: string) =>
  world.people.users.find(({ user_id }) => user_id === id)?.user_email ?? null;

/** A team as its routes show it. */
export const shownTeam = (world: World, { places, ...row }: Team): TeamRow => ({
  ...row,
  members: places.map(({ user_id }) => user_id),
  admins: places.filter(({ role }) => role === "admin").map(({ user_id }) => user_id),
  members_with_roles: places.map(({ user_id, role }) => ({
    user_id,
    role: role as "admin" | "user",
    user_email: emailOf(world, user_id),
  })),
});

/** The limits of something: those of a named budget, else its own; nothing where there are none. */
export function inForce({ world }: Call, id: string | null, own: Limits & Rates): CustomerRow["litellm_budget_table"] {
  const limits = world.people.budgets.find(({ budget_id }) => budget_id === id) ?? own;
  const isLimit = ([name, value]: [string, unknown]) =>
    typeof value === "number" ||
    (name === "allowed_models" && (value as string[]).length > 0) ||
    (name.startsWith("model_") && Object.keys(value as object).length > 0);
  return Object.entries(limits).some(isLimit) ? { ...limits, budget_id: id, is_own: limits === own } : null;
}
