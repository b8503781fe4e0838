// Prices of one's own, models that have none, and the past rated anew.
import { find } from "./catalogue.ts";
import { part, type Route } from "./refusal.ts";
import type { World } from "./world.ts";

function unpriced(world: World) {
  const models = new Map<string, ReturnType<typeof empty>>();
  const empty = (provider: string, model: string) => ({
    provider,
    model,
    requests: 0,
    reserved_requests: 0,
    input_tokens: 0,
    output_tokens: 0,
    last_used_at: 0,
  });
  for (const row of world.ledger) {
    const model = row.upstream_model ?? row.model_group;
    const priced = world.prices.has(`${row.provider}/${model}`);
    if (row.cost_nanos !== null || !row.provider) continue;
    const one = models.get(`${row.provider}/${model}`) ?? empty(row.provider, model);
    one.requests++;
    one.input_tokens += row.input_tokens;
    one.output_tokens += row.output_tokens;
    one.last_used_at = Math.max(one.last_used_at, row.started_at);
    if (!priced) models.set(`${row.provider}/${model}`, one);
  }
  return [...models.values()].sort((a, b) => b.requests - a.requests);
}

interface Asked {
  provider: string;
  model: string;
  from: number | null;
  dry_run?: boolean;
}

function rerate(world: World, { provider, model, from, dry_run }: Asked) {
  const prices = world.prices.get(`${provider}/${model}`) ?? find(provider, model)?.prices;
  const answer = {
    rows: 0,
    changed: 0,
    unpriced_before: 0,
    unpriced_after: 0,
    cost_nanos_before: 0,
    cost_nanos_after: 0,
  };
  for (const row of world.ledger) {
    if (row.provider !== provider || row.upstream_model !== model || row.started_at < (from ?? 0)) continue;
    if (row.billing !== "api") continue;
    const cost =
      prices?.input == null
        ? row.cost_nanos
        : Math.round((row.input_tokens * prices.input + row.output_tokens * (prices.output ?? 0)) / 1000);
    answer.rows++;
    if (cost !== row.cost_nanos) answer.changed++;
    if (row.cost_nanos === null) answer.unpriced_before++;
    if (cost === null) answer.unpriced_after++;
    answer.cost_nanos_before += row.cost_nanos ?? 0;
    answer.cost_nanos_after += cost ?? 0;
    if (!dry_run) row.cost_nanos = cost;
  }
  if (!dry_run) world.stale("overview", "requests", "status");
  return answer;
}

export const PRICE_ROUTES: Route[] = [
  ["GET", /^\/console\/prices\/unpriced$/, ({ world }) => ({ models: unpriced(world) })],
  ["POST", /^\/console\/prices\/rerate$/, ({ world, body }) => rerate(world, body)],
  [
    "PUT",
    /^\/console\/prices\/([^/]+)\/(.+)$/,
    (call) => {
      const name = `${part(call, 0)}/${part(call, 1)}`;
      call.world.prices.set(name, call.body);
      call.world.stale("catalogue");
      return call.world.models().find((model) => `${model.provider}/${model.id}` === name);
    },
  ],
  [
    "DELETE",
    /^\/console\/prices\/([^/]+)\/(.+)$/,
    (call) => {
      call.world.prices.delete(`${part(call, 0)}/${part(call, 1)}`);
      call.world.stale("catalogue");
    },
  ],
];
