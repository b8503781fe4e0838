// One gateway's state. The administrator's key names the scenario; each key is a world of its own.
import type {
  AuditEntry,
  CatalogueModel,
  KeyRow,
  ModelInfo,
  Provider,
  RequestDetail,
  RequestRow,
  Stale,
  Status,
  Topic,
} from "../src/api/contract.ts";
import type { FullKey } from "../src/api/governance-keys.ts";
import { changes } from "./audit.ts";
import * as catalogue from "./catalogue.ts";
import * as fixtures from "./fixtures.ts";
import { keys, manyKeys } from "./keys.ts";
import { makeLedger, makeRequest } from "./ledger.ts";
import { deployments } from "./models.ts";
import { crowd, somebody } from "./people/fixtures.ts";
import { nobody, type People } from "./people/state.ts";
import { type Random, seeded } from "./random.ts";
import { sum } from "./totals.ts";

export type Scenario = "busy" | "fresh" | "quiet" | "failing" | "slow" | "trouble" | "many";
const SCENARIOS: Scenario[] = ["busy", "fresh", "quiet", "failing", "slow", "trouble", "many"];
type Watcher = (event: string, data: unknown) => void;

export class World {
  readonly random: Random = seeded(4000);
  readonly now = Date.now();
  readonly secrets = new Map<string, FullKey>();
  readonly watchers = new Set<Watcher>();
  keys: FullKey[] = [];
  revoked: FullKey[] = [];
  deployments: ModelInfo[] = [];
  publicGroups: string[] = [];
  providers: Provider[] = [];
  people: People = nobody();
  changes: AuditEntry[] = [];
  ledger: RequestDetail[] = [];
  prices = new Map<string, CatalogueModel["prices"]>();
  guideDismissed: boolean;
  external = 0;
  listening = true;
  /** Changes with the scenario's own route in tests: the failing world may recover. */
  failing: boolean;

  constructor(
    readonly scenario: Scenario,
    /** The administrator's key. */
    readonly name: string,
  ) {
    const empty = scenario === "fresh" || scenario === "quiet";
    this.failing = scenario === "failing";
    this.deployments = deployments(empty);
    this.guideDismissed = scenario === "quiet";
    this.providers = empty
      ? [{ ...fixtures.DEMO, created_at: this.now }]
      : fixtures.providers(this.now, scenario === "trouble");
    if (!empty) {
      this.keys = keys(this.now, this.random);
      if (scenario === "many") this.keys.push(...manyKeys(this.now, this.random, 10_000));
      this.ledger = makeLedger(10_000, this.now, this.random, this.keys.slice(0, 6));
      this.external = 10_000;
      this.changes = changes(this.now, scenario === "many");
      this.people = scenario === "many" ? crowd(this.now, this.random) : somebody(this.now);
    }
  }

  publish(event: string, data: unknown) {
    for (const watcher of this.watchers) watcher(event, data);
  }

  stale(...topics: Topic[]) {
    this.publish("stale", { topics } satisfies Stale);
  }

  record(given?: Parameters<typeof makeRequest>[3]) {
    const row = makeRequest(Date.now(), this.random, this.keys.length > 0 ? this.keys : [ADMINISTRATOR], given);
    this.ledger.unshift(row);
    this.external++;
    const key = this.keys.find((entry) => entry.key_id === row.key_id);
    if (key) {
      key.spend += (row.cost_nanos ?? 0) / 1e9;
      key.last_used_at = new Date().toISOString();
    }
    const {
      deployment_id,
      usage_source,
      usage_raw,
      price_source,
      price_version,
      cost_lines,
      bills,
      dropped,
      response_id,
      bodies_kept_until,
      request_bytes,
      response_bytes,
      attempt_log,
      ...brief
    } = row;
    this.publish("request", brief satisfies RequestRow);
    return row;
  }

  models(): CatalogueModel[] {
    const served = new Set(this.providers.filter((provider) => provider.enabled).map((provider) => provider.preset));
    return catalogue.models.map((model) => {
      const own = this.prices.get(`${model.provider}/${model.id}`);
      return {
        ...model,
        available: served.has(model.provider),
        overridden: own !== undefined,
        prices: own ?? model.prices,
        ...(own && { source: "your own price", source_version: "now", tiers: [] }),
      };
    });
  }

  status(): Status {
    const midnight = new Date().setHours(0, 0, 0, 0);
    const today = this.ledger.filter((row) => row.started_at >= midnight);
    const refused = this.providers.filter((provider) => provider.credential.state === "refused");
    return {
      version: "0.1.0",
      base_url: this.listening ? "http://127.0.0.1:4000" : null,
      listener: {
        state: this.listening ? "running" : "stopped",
        address: "127.0.0.1:4000",
        message: null,
        free_port: null,
      },
      started_at: this.now - 9_000_000,
      vault:
        this.scenario === "trouble"
          ? {
              kind: "file",
              state: "ready",
              detail:
                "No Secret Service answers on this session's bus, so credentials are in an encrypted file that only your user can read.",
            }
          : { kind: "keychain", state: "ready", detail: "Credentials are in the login keyring of this session." },
      config:
        this.scenario === "trouble"
          ? {
              path: "/home/you/.config/postern/config.yaml",
              loaded_at: this.now - 5_400_000,
              error: {
                line: 14,
                column: 16,
                message: "model_list[2].litellm_params.timeout must be above 0 and at most 86400 seconds",
              },
              warnings: [
                { line: 31, column: 3, message: "router_settings.redis_host is not known here and has no effect" },
                { line: 40, column: 5, message: "router_settings.fallbacks: there is no model group `gpt-9`" },
              ],
            }
          : null,
      database: { path: "/home/you/.local/share/postern/postern.db", size_bytes: 8_400_000, schema_version: 14 },
      setup: {
        providers: this.providers.filter((provider) => !provider.built_in).length,
        keys: this.keys.length,
        requests: this.ledger.length,
        external_requests: this.external,
        guide_dismissed: this.guideDismissed,
      },
      requests_today: today.length,
      spend_today_nanos: sum(today).cost_nanos,
      bodies_dropped: null,
      unpriced_today: today.filter((row) => row.cost_nanos === null).length,
      catalogue: { models: catalogue.models.length, version: catalogue.version },
      credential_problems: refused.map((provider) => ({
        provider_id: provider.id,
        provider_name: provider.name,
        message: "refused its key (401). Its models cannot be called until the key is replaced.",
      })),
    };
  }
}

const ADMINISTRATOR = { key_id: "", token: "", key_name: "administrator", key_alias: "administrator" } as KeyRow;

const worlds = new Map<string, World>();
// Every test has one of its own, of ten thousand requests; those of tests that ended would fill the memory.
const MOST = 24;

/** The world of that name, which is its administrator's key; it comes into being when it is first asked for. */
export function worldNamed(name: string): World | undefined {
  const scenario = SCENARIOS.find((known) => name.startsWith(`mock-${known}`));
  if (!scenario) return undefined;
  const known = worlds.get(name);
  if (known) return known;
  const world = new World(scenario, name);
  worlds.set(name, world);
  const [oldest] = worlds.keys();
  if (oldest !== undefined && worlds.size > MOST) worlds.delete(oldest);
  return world;
}
worldNamed.all = () => worlds.values();

/** The world of a presented key: the administrator's own, a person's in it, or a virtual key that was issued there. */
export function worldOf(key: string | null): { world: World; row: KeyRow | null; user: string | null } | null {
  if (!key) return null;
  for (const world of worlds.values()) {
    const row = world.secrets.get(key);
    if (row) return { world, row, user: null };
  }
  const [name, user = null] = key.split("~");
  const world = worldNamed(name ?? "");
  if (!world || (user && !world.people.users.some(({ user_id }) => user_id === user))) return null;
  return { world, row: null, user };
}
