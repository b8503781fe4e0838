// The audit log of one world: who changed what, and when.
import { randomUUID } from "node:crypto";
import type { AuditEntry } from "../src/api/contract.ts";
import { page, refused, seesAll } from "./people/common.ts";
import { type Call, found, Refusal, type Route } from "./refusal.ts";
import type { World } from "./world.ts";

type Shown = Record<string, unknown> | null;

const HOUR = 3_600_000;
const LAPTOP = "0195f0aa-0000-7000-8000-000000000001";

const entry = (at: number, changed_by: string, action: string, object: string, before: Shown, after: Shown) => {
  const [object_type, ...id] = object.split(" ");
  return {
    id: randomUUID(),
    updated_at: new Date(at).toISOString(),
    changed_by,
    changed_by_api_key: changed_by === "default_user_id" || changed_by === "postern" ? "" : "5e2b".repeat(16),
    action,
    table_name: object_type!,
    object_type: object_type!,
    object_id: id.join(" "),
    before_value: before,
    updated_values: after,
  } satisfies AuditEntry;
};

/** What was done in a busy world, the newest first. */
export function changes(now: number, many: boolean): AuditEntry[] {
  const key = {
    id: LAPTOP,
    token: "83b60a46".repeat(8),
    key_name: "sk-...bhgQ",
    key_alias: "claude-code on the laptop",
    user_id: "u-ada",
    models: [],
    metadata: { project: "atlas" },
    blocked: 0,
    max_budget_nanos: 40_000_000_000,
    budget_duration: "1mo",
    budget_reset_at: now + 11 * 24 * HOUR,
    rpm_limit: null,
    model_limits: {},
    created_at: now - 400 * HOUR,
  };
  const team = {
    team_id: "t-research",
    team_alias: "Research",
    models: ["openai/gpt-5", "demo"],
    model_aliases: { fast: "openai/gpt-5-mini" },
    max_budget_nanos: 150_000_000_000,
    rpm_limit: 600,
    model_limits: { "openai/gpt-5": { max_budget_nanos: 20_000_000_000, budget_duration: "7d" } },
  };
  const some = [
    entry(now - 4 * 60_000, "u-grace", "updated", `key ${LAPTOP}`, key, {
      ...key,
      max_budget_nanos: 60_000_000_000,
      soft_budget_nanos: 48_000_000_000,
      models: ["openai/gpt-5", "anthropic/claude-sonnet-4-5"],
      metadata: { project: "atlas", cost_center: 4711 },
    }),
    entry(now - 2 * HOUR, "default_user_id", "updated", "team t-research", team, {
      ...team,
      max_budget_nanos: 200_000_000_000,
      models: ["openai/gpt-5", "anthropic/claude-sonnet-4-5", "demo"],
      model_limits: { "openai/gpt-5": { max_budget_nanos: 50_000_000_000, budget_duration: "7d" } },
    }),
    entry(now - 4 * HOUR, "postern", "rotated", "key 0195f0aa-0000-7000-8000-000000000009", null, {
      key_alias: "deployment pipeline",
      rotation_count: 3,
    }),
    entry(now - 9 * HOUR, "u-ada", "created", "team_member t-research/u-alan", null, {
      team_id: "t-research",
      user_id: "u-alan",
      role: "user",
      max_budget_nanos: null,
    }),
    entry(
      now - 30 * HOUR,
      "u-grace",
      "blocked",
      "key 0195f0aa-0000-7000-8000-000000000007",
      { key_alias: "old laptop", blocked: 0 },
      {
        key_alias: "old laptop",
        blocked: 1,
      },
    ),
    entry(now - 31 * HOUR, "u-grace", "created", "user u-long", null, {
      user_id: "u-long",
      user_alias: "Wolfeschlegelsteinhausenbergerdorff, Hubert Blaine the Younger",
      user_email: "hubert.blaine.wolfeschlegelsteinhausenbergerdorff.the.younger@a-very-long-domain-name.example",
      user_role: "internal_user",
      max_budget_nanos: 4_000_000_000,
    }),
    entry(now - 50 * HOUR, "default_user_id", "created", "budget interns", null, {
      budget_id: "interns",
      max_budget_nanos: 20_000_000_000,
      soft_budget_nanos: 15_000_000_000,
      budget_duration: "1mo",
      rpm_limit: 60,
    }),
    entry(
      now - 51 * HOUR,
      "default_user_id",
      "deleted",
      "tag experiment-3",
      { name: "experiment-3", max_budget_nanos: 5e9 },
      null,
    ),
    entry(
      now - 60 * HOUR,
      "default_user_id",
      "updated",
      "config routing",
      { strategy: "simple-shuffle" },
      { strategy: "least-busy" },
    ),
  ];
  if (many) {
    for (let index = 0; index < 10_000; index++) {
      const before = { ...key, key_alias: `agent ${index}`, max_budget_nanos: (index % 40) * 1e9 };
      const after = { ...before, max_budget_nanos: before.max_budget_nanos + 5e9 };
      some.push(entry(now - (61 + index) * HOUR, "u-grace", "updated", `key k-${index}`, before, after));
    }
  }
  return some;
}

/** Writes down what a route of the mock has done. */
export function note({ world, user }: Call, action: string, type: string, id: string, before: Shown, after: Shown) {
  world.changes.unshift(entry(Date.now(), user ?? "default_user_id", action, `${type} ${id}`, before, after));
}

function list(call: Call) {
  if (!seesAll(call)) throw refused();
  const { query, world } = call;
  const from = Date.parse(query.get("start_date") ?? "") || 0;
  const fits = (name: string, value: string) => !query.get(name) || query.get(name) === value;
  const rows = world.changes.filter(
    (change) =>
      fits("changed_by", change.changed_by) &&
      fits("action", change.action) &&
      fits("table_name", change.object_type) &&
      fits("object_id", change.object_id) &&
      Date.parse(change.updated_at) >= from,
  );
  const { rows: audit_logs, ...rest } = page(rows, query);
  return { ...rest, audit_logs };
}

const one = (world: World, id: string) =>
  found(
    world.changes.find((change) => change.id === id),
    "change",
  );

export const AUDIT_ROUTES: Route[] = [
  ["GET", /^\/audit$/, list],
  [
    "GET",
    /^\/audit\/([^/]+)$/,
    (call) => {
      if (!seesAll(call)) throw new Refusal(403, "not_yours", "this is not yours");
      return one(call.world, call.path[0]!);
    },
  ],
];
