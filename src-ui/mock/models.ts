// Model groups as the gateway manages them: the built-in one, one of the configuration file, and stored ones that can be changed.
import type { ModelInfo } from "../src/api/contract.ts";
import { type Call, found, part, Refusal, type Route } from "./refusal.ts";
import type { World } from "./world.ts";

const DEMO: ModelInfo = {
  model_name: "demo",
  litellm_params: { model: "demo/demo" },
  model_info: { id: "demo", db_model: false, litellm_provider: "demo", mode: "chat" },
};

const made = (
  id: string,
  model_name: string,
  params: Record<string, unknown>,
  info: Record<string, unknown> = {},
): ModelInfo => ({
  model_name,
  litellm_params: params,
  model_info: {
    id,
    db_model: true,
    mode: "chat",
    created_by: "administrator",
    created_at: new Date(Date.now() - 9 * 86_400_000).toISOString(),
    updated_at: new Date().toISOString(),
    input_cost_per_token: 1.25e-6,
    output_cost_per_token: 1e-5,
    ...info,
  },
});

export const deployments = (empty: boolean): ModelInfo[] =>
  empty
    ? [DEMO]
    : [
        DEMO,
        made(
          "d-smart-1",
          "smart",
          { model: "openai/gpt-5", rpm: 500, tpm: 400_000, weight: 3 },
          { access_groups: ["beta"] },
        ),
        made("d-smart-2", "smart", { model: "anthropic/claude-sonnet-4-5", weight: 1, tags: ["eu"] }),
        made(
          "d-local",
          "local",
          { model: "ollama/qwen3:14b", api_base: "http://workstation.lan:11434" },
          { input_cost_per_token: null, output_cost_per_token: null },
        ),
        made("config-0-fast", "fast", { model: "openai/gpt-5-mini" }, { db_model: false, access_groups: ["everyday"] }),
        made(
          "d-long",
          "a-model-group-with-a-name-that-somebody-made-far-too-long-for-any-table",
          { model: "openrouter/some-vendor/a-model-with-a-very-long-name-instruct-2026-01-31-preview" },
          { team_id: "t-long" },
        ),
      ];

const of = (call: Call, id: unknown) =>
  found(
    call.world.deployments.find((row) => row.model_info.id === id),
    "deployment",
  );

function mayChange(row: ModelInfo) {
  if (row.model_info.db_model !== true)
    throw new Refusal(409, "in_config_file", "the deployment stands in the configuration file; change it there", "id");
}

const bag = (known: Record<string, unknown>, change: Record<string, unknown> = {}) => {
  const { api_key, ...rest } = change;
  return Object.fromEntries(Object.entries({ ...known, ...rest }).filter(([, value]) => value !== null));
};

function check(params: Record<string, unknown> = {}) {
  if (typeof params.model === "string" && !params.model.includes("/"))
    throw new Refusal(
      400,
      "unknown_provider",
      `litellm_params.model: \`${params.model}\` names no provider; write provider/model`,
      "litellm_params.model",
    );
}

const namesOf = (row: ModelInfo) => (row.model_info.access_groups as string[] | undefined) ?? [];
/** Gives a name to these groups and takes it from all others. */
function put(world: World, name: string, models: string[]) {
  for (const row of world.deployments) {
    const others = namesOf(row).filter((known) => known !== name);
    row.model_info.access_groups = models.includes(row.model_name) ? [...others, name] : others;
  }
  world.stale("models");
  return { access_group: name, model_names: models };
}

export const MODEL_ROUTES: Route[] = [
  ["GET", /^\/model\/info$/, ({ world }) => ({ data: world.deployments })],
  [
    "POST",
    /^\/model\/new$/,
    ({ world, body }) => {
      check(body.litellm_params);
      const row = made(`d-${world.random.hex(8)}`, body.model_name, bag(body.litellm_params), body.model_info);
      world.deployments.push(row);
      world.stale("models");
      return row;
    },
  ],
  [
    "PATCH",
    /^\/model\/([^/]+)\/update$/,
    (call) => {
      const row = of(call, part(call, 0));
      mayChange(row);
      check(call.body.litellm_params);
      row.model_name = call.body.model_name ?? row.model_name;
      row.litellm_params = bag(row.litellm_params, call.body.litellm_params);
      row.model_info = bag(row.model_info, call.body.model_info);
      call.world.stale("models");
      return row;
    },
  ],
  [
    "POST",
    /^\/model\/delete$/,
    (call) => {
      const row = of(call, call.body.id);
      mayChange(row);
      call.world.deployments = call.world.deployments.filter((known) => known !== row);
      call.world.stale("models");
      return { message: `Model: ${call.body.id} deleted successfully` };
    },
  ],
  [
    "GET",
    /^\/model_group\/info$/,
    ({ world }) => ({
      data: [...new Set(world.deployments.map((row) => row.model_name))].map((model_group) => ({
        model_group,
        providers: [],
        mode: "chat",
        tpm: null,
        rpm: null,
        is_public_model_group: world.publicGroups.includes(model_group),
        health_status: "unknown",
      })),
    }),
  ],
  [
    "POST",
    /^\/model_group\/make_public$/,
    ({ world, body }) => {
      world.publicGroups = body.model_groups;
      world.stale("models");
      return { message: "", public_model_groups: world.publicGroups, updated_by: "administrator" };
    },
  ],
  [
    "GET",
    /^\/access_group\/list$/,
    ({ world }) => {
      const names = [...new Set(world.deployments.flatMap(namesOf))].sort();
      return {
        access_groups: names.map((access_group) => {
          const rows = world.deployments.filter((row) => namesOf(row).includes(access_group));
          return {
            access_group,
            model_names: [...new Set(rows.map((row) => row.model_name))],
            deployment_count: rows.length,
          };
        }),
      };
    },
  ],
  [
    "POST",
    /^\/access_group\/new$/,
    ({ world, body }) => {
      if (world.deployments.some((row) => namesOf(row).includes(body.access_group)))
        throw new Refusal(
          409,
          "access_group_exists",
          `the access group ${body.access_group} exists already`,
          "access_group",
        );
      return put(world, body.access_group, body.model_names);
    },
  ],
  ["PUT", /^\/access_group\/([^/]+)\/update$/, (call) => put(call.world, part(call, 0), call.body.model_names)],
  ["DELETE", /^\/access_group\/([^/]+)\/delete$/, (call) => put(call.world, part(call, 0), [])],
];
