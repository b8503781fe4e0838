// Keys as the gateway manages them: made-up ones, and the routes that list and change them.
import { randomBytes } from "node:crypto";
import type { FullKey } from "../src/api/governance-keys.ts";
import { isAdmin, seesAll } from "./people/common.ts";
import { type Random, uuid } from "./random.ts";
import { type Call, found, Refusal, type Route } from "./refusal.ts";
import type { World } from "./world.ts";

const DAY = 86_400_000;
const UNITS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: DAY, w: 7 * DAY, mo: 30 * DAY };
const iso = (at: number) => new Date(at).toISOString();
const later = (duration: string | undefined | null) => {
  const [, number, unit] = /^(\d+)(s|m|h|d|w|mo)$/.exec(duration ?? "") ?? [];
  return number && unit ? iso(Date.now() + Number(number) * UNITS[unit]!) : null;
};

export const noKey = (now: number, random: Random): FullKey => ({
  key_id: uuid(now, random),
  token: random.hex(64),
  key_name: `sk-...${random.hex(4)}`,
  key_alias: null,
  user_id: null,
  team_id: null,
  organization_id: null,
  models: [],
  allowed_routes: [],
  spend: 0,
  max_budget: null,
  soft_budget: null,
  budget_duration: null,
  budget_reset_at: null,
  temp_budget_increase: null,
  temp_budget_expiry: null,
  rpm_limit: null,
  tpm_limit: null,
  max_parallel_requests: null,
  model_max_budget: {},
  allowed_models: [],
  model_spend: {},
  model_rpm_limit: {},
  model_tpm_limit: {},
  budget_id: null,
  litellm_budget_table: null,
  expires: null,
  blocked: null,
  metadata: {},
  tags: [],
  keep_bodies_days: null,
  redact: [],
  redact_patterns: [],
  auto_rotate: false,
  rotation_interval: null,
  rotation_count: 0,
  last_rotation_at: null,
  key_rotation_at: null,
  previous_key_until: null,
  created_at: iso(now),
  created_by: "administrator",
  updated_at: iso(now),
  updated_by: "administrator",
  last_used_at: null,
  deleted_at: null,
  deleted_by: null,
  user: null,
  aliases: {},
  allowed_cache_controls: [],
  config: {},
  enforced_params: [],
  object_permission: null,
  object_permission_id: null,
  permissions: {},
  router_settings: null,
  rpm_limit_type: null,
  tpm_limit_type: null,
  soft_budget_cooldown: false,
});

export function keys(now: number, random: Random): FullKey[] {
  const make = (alias: string, spend: number, more: Partial<FullKey> = {}): FullKey => ({
    ...noKey(now, random),
    key_alias: alias,
    spend,
    created_at: iso(now - random.between(1, 40) * DAY),
    last_used_at: iso(now - random.between(1, 4000) * 60_000),
    ...more,
  });
  const monthly = { budget_duration: "1mo", budget_reset_at: iso(now + 11 * DAY) };
  return [
    make("claude-code on the laptop", 41.87, {
      max_budget: 60,
      soft_budget: 48,
      ...monthly,
      user_id: "u-ada",
      keep_bodies_days: 30,
      redact: ["emails", "secrets"],
    }),
    make("aider", 12.304, {
      models: ["openai/gpt-5", "openai/gpt-5-mini"],
      rpm_limit: 60,
      user_id: "u-ada",
      team_id: "t-research",
      model_max_budget: { "openai/gpt-5": { max_budget: 10, budget_duration: "1d" } },
      model_spend: { "openai/gpt-5": 8.61 },
      model_rpm_limit: { "openai/gpt-5": 20 },
      tags: ["coding", "batch-7"],
      keep_bodies_days: 14,
      metadata: { tags: ["coding", "batch-7"], project: "atlas", cost_center: 4711 },
    }),
    make("opencode on the desktop machine in the study, the one with the large screen", 3.21, {
      max_budget: 4,
      ...monthly,
      expires: iso(now + 5 * DAY),
      user_id: "u-long",
      team_id: "t-long",
    }),
    make("nightly evaluation", 5, {
      max_budget: 5,
      budget_duration: "1d",
      budget_reset_at: iso(now + 7 * 3_600_000),
      tpm_limit: 400_000,
      max_parallel_requests: 8,
      team_id: "t-research",
      organization_id: "o-north",
      allowed_routes: ["llm_api_routes"],
    }),
    make("notebook", 0.000042, { models: ["ollama/qwen3:14b"] }),
    make("a colleague's trial", 0.41, { max_budget: 1, expires: iso(now - 3 * DAY) }),
    make("old laptop", 88.02, { blocked: true, last_used_at: iso(now - 60 * DAY) }),
    make("never used yet", 0, { last_used_at: null }),
    make("deployment pipeline", 19.4, {
      max_budget: 20,
      temp_budget_increase: 15,
      temp_budget_expiry: iso(now + 2 * DAY),
      ...monthly,
      auto_rotate: true,
      rotation_interval: "30d",
      rotation_count: 3,
      last_rotation_at: iso(now - 4 * 3_600_000),
      key_rotation_at: iso(now + 30 * DAY),
      previous_key_until: iso(now + 20 * 3_600_000),
      team_id: "t-research",
    }),
  ];
}

const USES = ["notebook", "evaluation", "agent", "ci", "laptop", "batch", "demo", "support bot"];
/** As many as a large company has. */
export function manyKeys(now: number, random: Random, count: number): FullKey[] {
  return Array.from({ length: count }, (_, index): FullKey => {
    const budget = index % 3 === 0 ? null : (index % 17) * 5 + 5;
    return {
      ...noKey(now, random),
      key_alias: `${USES[index % USES.length]} ${String(index + 1).padStart(5, "0")}`,
      spend: random.between(0, 9000) / 100,
      max_budget: budget,
      soft_budget: budget === null ? null : budget * 0.8,
      budget_duration: budget === null ? null : "1mo",
      budget_reset_at: budget === null ? null : iso(now + 11 * DAY),
      user_id: index % 4 === 0 ? "u-ada" : null,
      team_id: index % 5 === 0 ? "t-research" : null,
      blocked: index % 97 === 0,
      created_at: iso(now - index * 600_000),
      last_used_at: index % 7 === 0 ? null : iso(now - random.between(1, 40_000) * 60_000),
    };
  });
}

function rowOf({ world, body }: Call): FullKey {
  return found(
    world.keys.find((row) => row.token === body.key),
    "key",
  );
}

/** Refuses what the gateway would of a draft or change, and lays the rest over the row. */
function put(world: World, row: FullKey, body: Record<string, unknown>) {
  const { duration, key, key_type, ...change } = body as Partial<FullKey> & Record<string, unknown>;
  if (change.key_alias && world.keys.some((other) => other !== row && other.key_alias === change.key_alias))
    throw new Refusal(400, "alias_taken", `key_alias: a key named \`${change.key_alias}\` exists already`, "key_alias");
  if (typeof change.max_budget === "number" && change.max_budget < row.spend)
    throw new Refusal(
      400,
      "budget_below_spend",
      `max_budget must be above what is spent already ($${row.spend})`,
      "max_budget",
    );
  const lists = ["models", "tags", "allowed_routes"];
  const cleared = Object.entries(change).map(([name, value]) => [
    name,
    value === null && lists.includes(name) ? [] : value,
  ]);
  Object.assign(row, Object.fromEntries(cleared), { updated_at: iso(Date.now()) });
  if (typeof duration === "string") row.expires = duration === "-1" ? null : later(duration);
  if ("budget_duration" in change) row.budget_reset_at = later(row.budget_duration);
  if (change.auto_rotate) row.key_rotation_at = later(row.rotation_interval);
  if (row.user_id) row.user = userOf(world, row.user_id);
}

function userOf(world: World, id: string): FullKey["user"] {
  const user = world.people.users.find(({ user_id }) => user_id === id);
  const { user_alias = null, user_email = null, user_role = "internal_user" } = user ?? {};
  return { user_id: id, user_alias, user_email, user_role };
}

const secret = () => `sk-${randomBytes(16).toString("base64url")}`;

function turn(world: World, row: FullKey, grace: unknown) {
  const key = secret();
  for (const [known, owner] of world.secrets) if (owner === row && !grace) world.secrets.delete(known);
  Object.assign(row, {
    token: randomBytes(32).toString("hex"),
    key_name: `sk-...${key.slice(-4)}`,
    rotation_count: row.rotation_count + 1,
    last_rotation_at: iso(Date.now()),
    previous_key_until: typeof grace === "string" ? later(grace) : null,
  });
  world.secrets.set(key, row);
  world.stale("keys");
  return { ...row, key, token_id: row.token };
}

function list(call: Call) {
  const { world, query } = call;
  const mine = (row: FullKey) => seesAll(call) || row.user_id === call.user;
  const size = Number(query.get("size") ?? 10);
  const page = Number(query.get("page") ?? 1);
  if (size < 1 || size > 100) throw new Refusal(422, "invalid_query", "page starts at 1, and size is 1 to 100", "size");
  const search = query.get("search")?.toLowerCase();
  const same = (name: string, value: string | null) => !query.get(name) || query.get(name) === value;
  const rows = (query.get("status") === "deleted" ? world.revoked : world.keys).filter(
    (row) =>
      mine(row) &&
      same("team_id", row.team_id) &&
      same("user_id", row.user_id) &&
      same("organization_id", row.organization_id) &&
      same("key_hash", row.token) &&
      (!search || `${row.key_alias} ${row.key_name} ${row.user_id} ${row.team_id}`.toLowerCase().includes(search)),
  );
  const by = (query.get("sort_by") ?? "created_at") as keyof FullKey;
  const turned = query.get("sort_order") === "asc" ? 1 : -1;
  const value = (row: FullKey) => row[by] as number | string | null;
  rows.sort((a, b) => {
    const [x, y] = [value(a) ?? -1, value(b) ?? -1];
    return x === y ? 0 : (x < y ? -1 : 1) * turned;
  });
  const shown = rows.slice((page - 1) * size, page * size);
  return {
    keys: shown.map((row) => (row.user_id ? { ...row, user: userOf(world, row.user_id) } : row)),
    total_count: rows.length,
    current_page: page,
    total_pages: Math.ceil(rows.length / size),
  };
}

export const KEY_ROUTES: Route[] = [
  ["GET", /^\/key\/list$/, list],
  [
    "POST",
    /^\/key\/generate$/,
    (call) => {
      const { world, body } = call;
      // Not from the seed: two worlds must not issue the same key.
      const key = secret();
      const row = { ...noKey(Date.now(), world.random), key_name: `sk-...${key.slice(-4)}` };
      put(world, row, isAdmin(call) ? body : { ...body, user_id: call.user });
      world.keys.unshift(row);
      world.secrets.set(key, row);
      world.stale("keys", "status");
      return { ...row, key, token_id: row.token };
    },
  ],
  [
    "POST",
    /^\/key\/update$/,
    (call) => {
      const row = rowOf(call);
      put(call.world, row, call.body);
      call.world.stale("keys");
      return { ...row, key: row.token };
    },
  ],
  ["POST", /^\/key\/regenerate$/, (call) => turn(call.world, rowOf(call), call.body.grace_period)],
  [
    "POST",
    /^\/key\/rotated$/,
    (call) => {
      const row = rowOf(call);
      if (row.rotation_count === 0) throw new Refusal(404, "not_found", "nothing waits for this key");
      return { ...row, key: secret(), token_id: row.token };
    },
  ],
  [
    "POST",
    /^\/key\/delete$/,
    ({ world, body }) => {
      const gone = world.keys.filter((row) => body.keys.includes(row.token));
      world.revoked.unshift(
        ...gone.map((row) => ({ ...row, deleted_at: iso(Date.now()), deleted_by: "administrator" })),
      );
      world.keys = world.keys.filter((row) => !gone.includes(row));
      for (const [known, row] of world.secrets) if (gone.includes(row)) world.secrets.delete(known);
      world.stale("keys");
      return { deleted_keys: body.keys };
    },
  ],
  [
    "POST",
    /^\/key\/(block|unblock)$/,
    (call) => {
      const row = rowOf(call);
      row.blocked = call.path[0] === "block";
      call.world.stale("keys");
      return row;
    },
  ],
];
