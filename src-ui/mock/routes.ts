import type { Catalogue, KeyRow, Provider, ProviderTest, Session } from "../src/api/contract.ts";
import type { Use } from "../src/features/providers/uses.ts";
import { ALERT_ROUTES } from "./alerts.ts";
import { AUDIT_ROUTES } from "./audit.ts";
import { BODY_ROUTES } from "./bodies.ts";
import * as catalogue from "./catalogue.ts";
import { FORECAST_ROUTES } from "./forecast.ts";
import { KEY_ROUTES } from "./keys.ts";
import { LOG_ROUTES } from "./log.ts";
import { MODEL_ROUTES } from "./models.ts";
import { BUDGET_ROUTES } from "./people/budgets.ts";
import { LIMIT_ROUTES } from "./people/limits.ts";
import { ORGANIZATION_ROUTES } from "./people/organizations.ts";
import { sessionOf } from "./people/sign-in.ts";
import { TAG_ROUTES } from "./people/tags.ts";
import { TEAM_ROUTES } from "./people/teams.ts";
import { USER_ROUTES } from "./people/users.ts";
import { address, hint, lists, PRESETS, preset as presetOf, problem } from "./presets.ts";
import { PRICE_ROUTES } from "./prices.ts";
import { found, part, Refusal, type Route } from "./refusal.ts";
import { SESSION_ROUTES } from "./sessions.ts";
import { SPEND_ROUTES } from "./spend.ts";
import type { World } from "./world.ts";

/** Refuses what the gateway would refuse of a draft or change. */
function check(id: string, settings: Record<string, string>, key: string | undefined) {
  const preset = found(presetOf(id), "preset");
  const wrong = problem(preset, settings, key);
  if (wrong) throw new Refusal(400, "invalid_request", wrong.message, wrong.param);
  return preset;
}

/** Who uses a provider, by its name. */
const USES: Record<string, Use[]> = {
  groq: [
    { kind: "stored_deployment", name: "d-1", model_group: "fast" },
    { kind: "stored_deployment", name: "d-2", model_group: "smart" },
  ],
  mistral: [
    { kind: "config_deployment", name: "config-0-smart", model_group: "smart" },
    { kind: "alias", name: "short", model_group: null },
  ],
};

function test(preset: string, key: string | undefined, base_url: string, models: number): ProviderTest {
  const at = Date.now();
  if (!lists(preset)) {
    const message = `${presetOf(preset)?.label} has no list of models to test with: send it a request.`;
    return { ok: true, asked: false, at, latency_ms: 0, status: null, message, models: null };
  }
  if (key?.includes("wrong"))
    return {
      ok: false,
      asked: true,
      at,
      latency_ms: 143,
      status: 401,
      message: "Incorrect API key provided.",
      models: null,
    };
  if (base_url.includes("unreachable"))
    return {
      ok: false,
      asked: true,
      at,
      latency_ms: 2004,
      status: null,
      message: "Connection refused. Is the server running?",
      models: null,
    };
  return { ok: true, asked: true, at, latency_ms: 231, status: 200, message: "OK", models };
}

const ROUTES: Route[] = [
  [
    "GET",
    /^\/console\/session$/,
    ({ world, key, user, inWindow }): Session => {
      const person = world.people.users.find(({ user_id }) => user_id === user);
      return sessionOf(world, person, key, inWindow ? "window" : "network");
    },
  ],
  ["GET", /^\/console\/status$/, ({ world }) => world.status()],
  [
    "POST",
    /^\/console\/listener$/,
    ({ world, body, inWindow }) => {
      if (!inWindow) throw new Refusal(403, "permission", "The listener is switched from the desktop window only.");
      world.listening = body.running;
      world.publish("status", world.status().listener);
      return world.status().listener;
    },
  ],
  [
    "POST",
    /^\/config\/reload$/,
    ({ world }) => {
      const error = world.status().config?.error;
      throw new Refusal(400, "invalid_config", error?.message ?? "Postern was started without a configuration file.");
    },
  ],
  [
    "POST",
    /^\/console\/guide$/,
    ({ world, body }) => {
      world.guideDismissed = body.dismissed;
      world.stale("status");
    },
  ],
  ...SPEND_ROUTES,
  ...FORECAST_ROUTES,
  [
    "GET",
    /^\/console\/catalogue$/,
    ({ world }): Catalogue => ({
      version: catalogue.version,
      generated: catalogue.generated,
      sources: ["litellm"],
      models: world.models(),
    }),
  ],
  ["GET", /^\/console\/presets$/, () => ({ presets: PRESETS })],
  ["GET", /^\/console\/providers$/, ({ world }) => ({ providers: world.providers })],
  [
    "POST",
    /^\/console\/providers\/test$/,
    ({ body }) => {
      check(body.preset, body.settings ?? {}, body.api_key);
      return test(body.preset, body.api_key, body.base_url ?? "", 12);
    },
  ],
  [
    "POST",
    /^\/console\/providers$/,
    ({ world, body }) => {
      const preset = check(body.preset, body.settings ?? {}, body.api_key);
      const name = body.name ?? preset.id;
      if (world.providers.some((provider) => provider.name === name))
        throw new Refusal(409, "name_taken", `there is a provider named ${name} already`, "name");
      const provider: Provider = {
        id: `p-${world.random.hex(8)}`,
        name,
        preset: preset.id,
        label: preset.label,
        format: preset.format,
        base_url: body.base_url ?? preset.base_url,
        address: address(preset, body.base_url ?? preset.base_url, body.settings ?? {}),
        enabled: true,
        settings: body.settings ?? {},
        built_in: false,
        credential: body.api_key
          ? { state: "stored", hint: hint(body.api_key), detail: null }
          : { state: "not_needed", hint: null, detail: null },
        models: catalogue.models.filter((model) => model.provider === preset.id).length,
        last_test: null,
        number: world.providers.length + 1,
        priority: body.priority ?? 100,
        weight: body.weight ?? 100,
        billing: body.billing ?? "api",
        price_adjustment_percent: body.price_adjustment_percent ?? 0,
        timeout: body.timeout ?? null,
        further_keys: [],
        circuit: null,
        created_at: Date.now(),
        updated_at: Date.now(),
      };
      world.providers.unshift(provider);
      world.stale("providers", "catalogue", "models", "status");
      return [201, provider];
    },
  ],
  [
    "POST",
    /^\/console\/providers\/([^/]+)\/test$/,
    (call) => {
      const provider = found(
        call.world.providers.find((entry) => entry.id === part(call, 0)),
        "provider",
      );
      provider.last_test =
        provider.credential.state === "refused"
          ? {
              ok: false,
              asked: true,
              at: Date.now(),
              latency_ms: 190,
              status: 401,
              message: "No auth credentials found",
              models: null,
            }
          : test(provider.preset, undefined, provider.base_url, provider.models);
      return provider.last_test;
    },
  ],
  [
    "PATCH",
    /^\/console\/providers\/([^/]+)$/,
    (call) => {
      const provider = found(
        call.world.providers.find((entry) => entry.id === part(call, 0)),
        "provider",
      );
      const { api_key, settings, add_api_key, remove_keys = [], ...change } = call.body;
      const told = Object.entries<string>({ ...provider.settings, ...settings }).filter(([, value]) => value !== "");
      check(provider.preset, Object.fromEntries(told), api_key);
      Object.assign(provider, change, { settings: Object.fromEntries(told), updated_at: Date.now() });
      provider.further_keys = provider.further_keys.filter(({ number }) => !remove_keys.includes(number));
      if (add_api_key) {
        const number = Math.max(1, ...provider.further_keys.map((key) => key.number)) + 1;
        provider.further_keys = [...provider.further_keys, { number, hint: hint(add_api_key) }];
      }
      if (api_key)
        Object.assign(provider, {
          credential: { state: "stored", hint: hint(api_key), detail: null },
          last_test: null,
        });
      call.world.stale("providers", "catalogue");
      return provider;
    },
  ],
  [
    "DELETE",
    /^\/console\/providers\/([^/]+)$/,
    (call) => {
      const provider = found(
        call.world.providers.find((entry) => entry.id === part(call, 0)),
        "provider",
      );
      const used_by = USES[provider.name];
      const mayGo = used_by?.every(({ kind }) => kind === "stored_deployment");
      if (used_by && !(mayGo && call.query.get("cascade") === "true"))
        throw new Refusal(409, "provider_in_use", `the provider ${provider.name} is in use`, null, { used_by });
      call.world.providers = call.world.providers.filter((entry) => entry.id !== part(call, 0));
      call.world.stale("providers", "catalogue");
    },
  ],
  ...KEY_ROUTES,
  ["POST", /^\/console\/sign-out$/, ({ user }) => ({ signed_out: user !== null })],
  ...USER_ROUTES,
  ...TAG_ROUTES,
  ...TEAM_ROUTES,
  ...ORGANIZATION_ROUTES,
  ...AUDIT_ROUTES,
  ...BUDGET_ROUTES,
  ...LIMIT_ROUTES,
  ...LOG_ROUTES,
  ...SESSION_ROUTES,
  ...BODY_ROUTES,
  ...ALERT_ROUTES,
  ...PRICE_ROUTES,
  ...MODEL_ROUTES,
  [
    "POST",
    /^\/v1\/chat\/completions$/,
    ({ world, key, body }) => {
      const demo = body.model === "demo";
      const row = world.record({
        provider: demo ? "demo" : "openai",
        model: demo ? "demo" : String(body.model).split("/").at(-1)!,
        client: "test",
        endpoint: "/v1/chat/completions",
        ...(key && { key }),
      });
      return {
        id: row.response_id,
        object: "chat.completion",
        model: body.model,
        choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: "Hello from the mock." } }],
      };
    },
  ],
  [
    "POST",
    /^\/__mock\/traffic$/,
    ({ world, body }) => {
      for (let i = 0; i < (body.count ?? 1); i++) world.record(body.given);
    },
  ],
  [
    "POST",
    /^\/__mock\/recover$/,
    ({ world }) => {
      world.failing = false;
    },
  ],
];

/** Of the console's own routes, those that are not the administrator's alone. */
const OPEN = /^\/console\/(session|status|catalogue|events|requests|sessions|limits|spend|forecast|alerts|sign-out)/;

/** [status, body] of a call; null for a path the mock does not know. */
export function answer(
  method: string,
  url: URL,
  body: unknown,
  world: World,
  key: KeyRow | null,
  user: string | null,
  inWindow: boolean,
): [number, unknown] | null {
  for (const [verb, pattern, handle] of ROUTES) {
    const match = verb === method ? pattern.exec(url.pathname) : null;
    if (!match) continue;
    if (key && url.pathname.startsWith("/console/") && url.pathname !== "/console/session")
      throw new Refusal(403, "permission", "Only the administrator's key opens the console.");
    const limited = user !== null && !isAdministrator(world, user);
    if (limited && url.pathname.startsWith("/console/") && !OPEN.test(url.pathname))
      throw new Refusal(403, "permission", "Only proxy admin may do this.");
    const result = handle({ world, key, user, inWindow, query: url.searchParams, body, path: match.slice(1) });
    if (result === undefined) return [204, undefined];
    // Lists are answers, too: only one that begins with a status is both.
    return Array.isArray(result) && typeof result[0] === "number" ? (result as [number, unknown]) : [200, result];
  }
  return null;
}

const isAdministrator = (world: World, id: string) =>
  world.people.users.some(({ user_id, user_role }) => user_id === id && user_role === "proxy_admin");
