// What people were told of: budgets, unusual hours, limits of providers.
import type { AlertEntry, AlertPage } from "../src/api/contract.ts";
import { seeded, uuid } from "./random.ts";
import type { Route } from "./refusal.ts";
import type { World } from "./world.ts";

const [HOUR, DAY] = [3_600_000, 86_400_000];
const iso = (at: number) => new Date(at).toISOString();
const told = new WeakMap<World, AlertEntry[]>();

function make(world: World, at: number, index: number, random: ReturnType<typeof seeded>): AlertEntry {
  const base = { id: uuid(at, random), created_at: iso(at) };
  const delivery: AlertEntry["delivery"] =
    world.scenario === "trouble" || index % 4 === 0
      ? [
          { target: "https://hooks.example.org", state: "delivered", attempts: 1, at: iso(at + 900), error: null },
          ...(index % 8 === 0
            ? [
                {
                  target: "http://10.0.0.7:9000",
                  state: "failed" as const,
                  attempts: 8,
                  at: iso(at + HOUR),
                  error: "it answered 503",
                },
              ]
            : []),
        ]
      : [];
  switch (index % 3) {
    case 0:
      return {
        ...base,
        kind: "budget",
        title: "80 % of the budget of key claude-code is spent",
        text: "$40.12 of $50.00 spent since 1 November. It starts anew on 1 December, 00:00.",
        data: {
          level: "api_key",
          id: world.keys[0]?.key_id ?? "",
          name: "claude-code",
          model: null,
          percent: 80,
          spent_nanos: 40_120_000_000,
          budget_nanos: 50_000_000_000,
          since: iso(at - 20 * DAY),
          reset_at: iso(at + 4 * DAY),
        },
        delivery,
      };
    case 1:
      return {
        ...base,
        kind: "spend_spike",
        title: "Unusual spend at anthropic: $18.40 in an hour",
        text: "$18.40 since 27 November, 09:00. At this time of day $2.10 is usual, and $6.75 would still be.",
        data: {
          of: "provider",
          id: "anthropic",
          name: "anthropic",
          since: iso(at - HOUR),
          spent_nanos: 18_400_000_000,
          usual_nanos: 2_100_000_000,
          bound_nanos: 6_750_000_000,
        },
        delivery,
      };
    default:
      return {
        ...base,
        kind: "provider_limit",
        title: "openai is near its limit for gpt-5",
        text: "It says that 12000 of 400000 tokens are left, since 27 November, 09:41.",
        data: {
          source: "provider",
          provider: "openai",
          model: "gpt-5",
          deployment_id: null,
          unit: "tokens",
          used: 388_000,
          limit: 400_000,
          since: iso(at),
        },
        delivery,
      };
  }
}

function alertsOf(world: World) {
  let alerts = told.get(world);
  if (!alerts) {
    const random = seeded(90);
    const count = world.keys.length === 0 ? 0 : 57;
    alerts = Array.from({ length: count }, (_, index) =>
      make(world, world.now - (index + 0.3) * 31 * HOUR, index, random),
    );
    told.set(world, alerts);
  }
  return alerts;
}

export const ALERT_ROUTES: Route[] = [
  [
    "GET",
    /^\/console\/alerts$/,
    ({ world, query }): AlertPage => {
      const before = query.get("before");
      const limit = Number(query.get("limit") ?? 100);
      const rows = alertsOf(world).filter(({ id }) => !before || id < before);
      const alerts = rows.slice(0, limit);
      return { alerts, next: rows.length > limit ? alerts.at(-1)!.id : null };
    },
  ],
  [
    "POST",
    /^\/__mock\/alert$/,
    ({ world }) => {
      const alerts = alertsOf(world);
      const alert = make(world, Date.now(), alerts.length, world.random);
      alerts.unshift(alert);
      world.publish("alert", { type: "alert", ...alert });
    },
  ],
];
