// What is used of limits at this moment: made up from what was spent, and a little different every time.
import type { LimitUse } from "../../src/api/contract.ts";
import type { Call, Route } from "../refusal.ts";
import type { Limits } from "./state.ts";

type Row = Limits & { spend: number; model_max_budget?: Record<string, unknown> };

function rowOf(call: Call, kind: string, id: string): Row | undefined {
  const { users, teams, organizations, customers, tags } = call.world.people;
  if (kind === "user") return users.find(({ user_id }) => user_id === id);
  if (kind === "team") return teams.find(({ team_id }) => team_id === id);
  if (kind === "organization") return organizations.find(({ organization_id }) => organization_id === id);
  if (kind === "key") return call.world.keys.find(({ token }) => token === id) as Row | undefined;
  if (kind === "tag") {
    const tag = tags.find(({ name }) => name === id);
    return tag && { ...tag.own, spend: tag.spend };
  }
  const customer = customers.find(({ user_id }) => user_id === id);
  return customer && { ...customer.own, spend: customer.spend };
}

const nanos = (dollars: number | null) => (dollars === null ? null : Math.round(dollars * 1e9));

function used(call: Call, id: string, row: Row): LimitUse[] {
  const some = (limit: number | null) => Math.round((limit ?? 100) * (0.3 + call.world.random.next() / 10));
  const whole: LimitUse = {
    id,
    model: null,
    max_budget_nanos: nanos(row.max_budget),
    soft_budget_nanos: nanos(row.soft_budget),
    spent_nanos: row.max_budget === null ? null : nanos(row.spend),
    reserved_nanos: row.max_budget === null ? 0 : 120_000_000,
    reset_at: row.budget_reset_at ? Date.parse(row.budget_reset_at) : null,
    rpm_limit: row.rpm_limit,
    tpm_limit: row.tpm_limit,
    max_parallel_requests: row.max_parallel_requests,
    requests: some(row.rpm_limit),
    tokens: some(row.tpm_limit),
    in_flight: some(row.max_parallel_requests),
  };
  const models = Object.entries(row.model_max_budget ?? {}).map(([model, told]) => ({
    ...whole,
    model,
    max_budget_nanos: nanos((told as { max_budget?: number }).max_budget ?? null),
    soft_budget_nanos: null,
    spent_nanos: nanos(row.spend / 5),
    rpm_limit: null,
    tpm_limit: null,
    max_parallel_requests: null,
  }));
  return [whole, ...models];
}

export const LIMIT_ROUTES: Route[] = [
  [
    "GET",
    /^\/console\/limits$/,
    (call) => ({
      limits: (call.query.get("ids") ?? "").split(",").flatMap((id) => {
        const row = rowOf(call, call.query.get("of") ?? "", id);
        return row ? used(call, id, row) : [];
      }),
    }),
  ],
];
