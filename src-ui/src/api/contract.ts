// The console's view of the gateway's HTTP API, until the client generated from openapi.json replaces it.
// Times are UTC milliseconds since 1970. Money is nano-dollars (1e-9 USD) as an integer; null means unpriced.
// Prices are pico-dollars per token (= micro-dollars per million tokens) as integers.
// Errors of every route: {"error":{"message","type","param","code","details"},"timestamp","request_id"}.

/** GET /console/session: who the presented key is. 401 without a valid key. */
export interface Session { role: "admin" | "key"; key_name: string | null; origin: "window" | "network" }

/** GET /console/status */
export interface Status {
  version: string;
  base_url: string | null;            // "http://127.0.0.1:4000"; null while the listener is stopped
  listener: { state: "running" | "stopped" | "failed"; address: string; message: string | null };
  started_at: number;
  vault: { kind: "keychain" | "file" | "memory"; state: "ready" | "locked" | "unavailable" | "starting"; detail: string };
  database: { path: string; size_bytes: number; schema_version: number };
  setup: { providers: number; keys: number; requests: number; external_requests: number; guide_dismissed: boolean };
  spend_today_nanos: number;          // local day of `tz` query parameter (IANA), default UTC
  unpriced_today: number;             // requests of today without a price
  catalogue: { models: number; version: string };
  credential_problems: { provider_id: string; provider_name: string; message: string }[];
}
/** POST /console/listener {running: boolean} -> Status.listener   (only from the desktop window or the control socket: 403 otherwise) */
/** POST /console/guide {dismissed: boolean} -> 204 */

export interface Totals {
  requests: number; errors: number; cancelled: number;
  input_tokens: number; output_tokens: number; cache_read_tokens: number; cache_write_tokens: number; reasoning_tokens: number;
  cost_nanos: number; unpriced_requests: number; local_requests: number;
}
/** GET /console/overview?range=today|7d|30d&tz=Europe/Berlin */
export interface Overview {
  range: "today" | "7d" | "30d"; tz: string; from: number; to: number; bucket: "hour" | "day";
  totals: Totals; previous: Totals;                       // previous: the equally long period before
  series: { start: number; models: { model: string; provider: string; totals: Totals }[] }[];   // every bucket present, also empty ones
  models: { model: string; provider: string; totals: Totals }[];                                 // by cost, then requests
  keys: { key_id: string | null; key_name: string; totals: Totals }[];
  clients: { client: string; totals: Totals }[];
}

/** GET /console/catalogue (ETag; whole, about 3,000 rows; filter on the client side) */
export interface Catalogue { version: string; generated: string; sources: string[]; models: CatalogueModel[] }
export interface CatalogueModel {
  id: string; provider: string; mode: string;             // mode: chat, embedding, image, audio_transcription, ...
  context: number | null; max_output: number | null;
  capabilities: string[];                                  // tools, parallel_tools, vision, pdf, audio_in, audio_out, reasoning, json_schema, caching, web_search, computer_use, ...
  prices: {
    input?: number; output?: number; cache_read?: number; cache_write?: number; cache_write_1h?: number; reasoning?: number;
    audio_input?: number; audio_output?: number; [other: string]: number | undefined;
  };
  tiers: { above_tokens: number; prices: Record<string, number> }[];
  deprecates: string | null;                               // date
  source: string; source_version: string;
  available: boolean;                                      // a configured provider serves it
  overridden: boolean;                                     // the user's own price is in force
}

/** GET /console/presets -> {presets: Preset[]} : well-known providers */
export interface Preset {
  id: string; label: string; format: "openai_chat" | "anthropic_messages"; base_url: string;
  needs_key: boolean; local: boolean; key_url: string | null; docs_url: string | null; key_hint: string | null; // key_hint e.g. "sk-ant-..."
  group: "popular" | "cloud" | "local" | "generic"; description: string;
}
/** GET /console/providers -> {providers: Provider[]} */
export interface Provider {
  id: string; name: string; preset: string; label: string; format: "openai_chat" | "anthropic_messages"; base_url: string;
  enabled: boolean; built_in: boolean;                     // built_in: the demo provider; cannot be removed
  credential: { state: "stored" | "missing" | "not_needed" | "unavailable" | "refused"; hint: string | null; detail: string | null }; // hint "…a1b2"
  models: number; last_test: ProviderTest | null; created_at: number; updated_at: number;
}
export interface ProviderTest { ok: boolean; at: number; latency_ms: number; status: number | null; message: string; models: number | null }
/** POST /console/providers {preset, name?, base_url?, api_key?} -> 201 Provider. 409 name taken. Key goes to the vault only. */
/** PATCH /console/providers/{id} {name?, base_url?, api_key?, enabled?} -> Provider */
/** DELETE /console/providers/{id} -> 204 */
/** POST /console/providers/{id}/test -> ProviderTest (always 200 for an existing provider) */
/** POST /console/providers/test {preset, base_url?, api_key?} -> ProviderTest (nothing is stored) */

/** Keys use LiteLLM's management routes:
 *  POST /key/generate {key_alias?, duration? ("30d"), models?: string[], max_budget? (USD), budget_duration?, rpm_limit?, tpm_limit?, max_parallel_requests?, metadata?} -> {key: "sk-...", token: hash, key_name: "sk-...abcd", key_alias, expires, models, ...}
 *  GET /key/list?return_full_object=true&page=1&size=100 -> {keys: KeyRow[], total_count, current_page, total_pages}
 *  POST /key/delete {keys: [token]} -> {deleted_keys}
 *  POST /key/block {key: token}, POST /key/unblock {key: token} -> KeyRow
 */
export interface KeyRow {
  key_id: string;                                          // what request rows carry; `token` is what key routes take
  token: string; key_name: string; key_alias: string | null; models: string[]; spend: number /* USD */; max_budget: number | null; budget_duration: string | null;
  budget_reset_at: string | null; rpm_limit: number | null; tpm_limit: number | null; max_parallel_requests: number | null;
  expires: string | null; blocked: boolean | null; created_at: string; updated_at: string; last_used_at: string | null; metadata: Record<string, unknown>;
}

/** GET /console/requests?limit=100&before=<id>&status=ok|error|cancelled&model=&provider=&key_id=&client=&search= (key_id=administrator: the administrator's) -> {requests: RequestRow[], next: string | null}, newest first, keyset paging */
export interface RequestRow {
  id: string; started_at: number; key_id: string | null; key_name: string; model_requested: string; model_group: string; provider: string | null; upstream_model: string | null;
  format_in: string; format_out: string | null; endpoint: string; status: number; outcome: "ok" | "error" | "cancelled"; error_kind: string | null; error_message: string | null;
  input_tokens: number; output_tokens: number; cache_read_tokens: number; cache_write_tokens: number; reasoning_tokens: number;
  cost_nanos: number | null; billing: "api" | "subscription" | "local"; latency_us: number; first_byte_us: number | null; attempts: number; client: string; streamed: boolean;
}
/** GET /console/requests/{id} */
export interface RequestDetail extends RequestRow {
  deployment_id: string | null; usage_source: "reported" | "estimated" | "none"; usage_raw: unknown | null; price_source: string | null; price_version: string | null;
  cost_lines: { kind: string; tokens: number; price_pico: number; cost_nanos: number }[];
  dropped: string[]; response_id: string | null; end_user: string | null; request_bytes: number; response_bytes: number;
  attempt_log: { provider: string; model: string; status: number | null; duration_us: number; error: string | null }[];
}

/** GET /console/events: text/event-stream; `event: request` data RequestRow (a finished request); `event: stale` data {topics: Topic[]}; `event: status` data Status.listener. Comment lines keep it alive. */
export type Topic = "keys" | "models" | "providers" | "overview" | "requests" | "status" | "catalogue";

/** Models (deployments) use LiteLLM's: GET /model/info -> {data:[{model_name, litellm_params, model_info}]}, POST /model/new, POST /model/delete {id}. */
/** PUT /console/prices/{provider}/{model} {input, output, ...} -> CatalogueModel ; DELETE the same -> 204 : the user's own prices. */
/** Demo: the built-in model "demo" (provider "demo", local, costs nothing) answers POST /v1/chat/completions at once. */
