// Requests as a person's tools would make them, priced with the catalogue's prices.
import type { KeyRow, RequestDetail } from "../src/api/contract.ts";
import { find, version } from "./catalogue.ts";
import { type Random, uuid } from "./random.ts";

interface Kind {
  provider: string;
  model: string;
  format: string;
  /** What the provider is asked in, where that is another one. */
  sent?: string;
  client: string;
  endpoint: string;
}

const CHAT = "/v1/chat/completions";
const KINDS: { weight: number; value: Kind }[] = [
  {
    weight: 30,
    value: {
      provider: "anthropic",
      model: "claude-sonnet-4-5",
      format: "anthropic_messages",
      client: "claude-cli",
      endpoint: "/v1/messages",
    },
  },
  {
    weight: 9,
    value: {
      provider: "anthropic",
      model: "claude-haiku-4-5",
      format: "anthropic_messages",
      client: "claude-cli",
      endpoint: "/v1/messages",
    },
  },
  {
    weight: 5,
    value: {
      provider: "anthropic",
      model: "claude-opus-4-5",
      format: "anthropic_messages",
      client: "claude-cli",
      endpoint: "/v1/messages",
    },
  },
  { weight: 14, value: { provider: "openai", model: "gpt-5", format: "openai_chat", client: "aider", endpoint: CHAT } },
  {
    weight: 12,
    value: { provider: "openai", model: "gpt-5-mini", format: "openai_chat", client: "OpenAI/Python", endpoint: CHAT },
  },
  { weight: 4, value: { provider: "openai", model: "gpt-4.1", format: "openai_chat", client: "Zed", endpoint: CHAT } },
  {
    weight: 7,
    value: {
      provider: "openrouter",
      model: "deepseek/deepseek-chat-v3.1",
      format: "openai_chat",
      client: "opencode",
      endpoint: CHAT,
    },
  },
  {
    weight: 3,
    value: {
      provider: "openrouter",
      model: "moonshotai/kimi-k2-thinking-experimental-preview-with-a-rather-long-name-2026-11",
      format: "openai_chat",
      client: "opencode",
      endpoint: CHAT,
    },
  },
  {
    weight: 4,
    value: {
      provider: "openrouter",
      model: "qwen/qwen3-coder",
      format: "openai_chat",
      client: "goose",
      endpoint: CHAT,
    },
  },
  {
    weight: 5,
    value: { provider: "ollama", model: "qwen3:14b", format: "openai_chat", client: "llm", endpoint: CHAT },
  },
  { weight: 2, value: { provider: "demo", model: "demo", format: "openai_chat", client: "curl", endpoint: CHAT } },
];

const ERRORS = [
  {
    status: 429,
    kind: "upstream_rate_limit",
    message: "This request would exceed your organization's rate limit of 400,000 input tokens per minute.",
  },
  { status: 529, kind: "upstream_overloaded", message: "Overloaded" },
  { status: 504, kind: "upstream_timeout", message: "The provider sent nothing for 120 seconds." },
  {
    status: 400,
    kind: "invalid_request",
    message:
      "messages.14.content.0: tool_use ids were found without tool_result blocks immediately after: toolu_01FqVYkz8mN3. Each tool_use block must have a corresponding tool_result block in the next message.",
  },
  {
    status: 402,
    kind: "budget_exceeded",
    message: "The budget of key “nightly evaluation” ($5.00 per day) is spent; it resets in 7 hours.",
  },
  { status: 502, kind: "upstream", message: "The provider closed the connection before the answer was complete." },
];

const HOUR = 3_600_000;
/** Of those that say what they work on: each has a conversation that goes on for some hours. */
const WORKING: Record<
  string,
  { project: string | null; hours: number; session: (part: string) => string } | undefined
> = {
  "claude-cli": { project: "postern", hours: 2, session: (part) => `postern-${part}` },
  aider: { project: "billing-service", hours: 2, session: (part) => `billing-service-${part}` },
  // Some say which run it is and not of what, some have long names for both.
  opencode: { project: null, hours: 5, session: (part) => `0197a2b4-4c1e-7d20-9a31-${part.padStart(12, "0")}` },
  goose: {
    project: "customer-support-assistant-evaluation-and-regression-suite",
    hours: 40,
    session: (part) => `evaluation-of-all-answers-of-the-autumn-release-candidate-${part}`,
  },
};

/** Which run a request is of: each goes on for some hours, with one key. */
const run = (at: number, hours: number, key: number) => `${Math.floor(at / (hours * HOUR)).toString(36)}${key + 1}`;

export function makeRequest(
  at: number,
  random: Random,
  keys: KeyRow[],
  given?: Partial<Kind & { key: KeyRow; session: string }>,
): RequestDetail {
  const kind = { ...random.weighted(KINDS), ...given };
  const key = given?.key ?? random.weighted(keys.map((value, index) => ({ value, weight: 1 / (index + 1) })));
  const luck = random.next();
  const error = kind.provider !== "demo" && luck < 0.025 ? random.pick(ERRORS) : null;
  const cancelled = !error && luck > 0.985;
  const local = kind.provider === "ollama" || kind.provider === "demo";
  // Some of the small model's requests go through a plan that is paid by the month.
  const covered = kind.model === "claude-haiku-4-5" && luck > 0.3 && luck < 0.7;
  const input = error ? 0 : kind.provider === "demo" ? random.between(8, 30) : random.skewed(400, 90_000);
  const output = error ? 0 : kind.provider === "demo" ? random.between(12, 40) : random.skewed(30, 6000);
  const cached = error || local ? 0 : Math.floor(input * random.pick([0, 0, 0.6, 0.85, 0.92]));
  const written = kind.provider === "anthropic" && cached > 0 ? Math.floor((input - cached) * 0.7) : 0;
  const reasoning = kind.model.startsWith("gpt-5") ? Math.floor(output * 0.4) : 0;
  const first = random.skewed(180_000, 4_000_000) + (luck < 0.1 ? 900_000 : 0);
  const latency = error
    ? random.skewed(90_000, 30_000_000)
    : local && kind.provider === "demo"
      ? random.between(400, 2600)
      : first + output * random.between(6_000, 18_000);
  const failedOver = !error && kind.provider !== "demo" && luck < 0.08;
  const id = uuid(at, random);
  const prices = find(kind.provider, kind.model)?.prices;
  const plain = input - cached - written;
  const lines =
    prices?.input === undefined
      ? []
      : [
          { kind: "input", tokens: plain, price_pico: prices.input },
          { kind: "cache_read", tokens: cached, price_pico: prices.cache_read ?? prices.input },
          { kind: "cache_write", tokens: written, price_pico: prices.cache_write ?? prices.input },
          { kind: "output", tokens: output, price_pico: prices.output ?? 0 },
        ]
          .filter((line) => line.tokens > 0)
          .map((line) => ({ ...line, cost_nanos: Math.round((line.tokens * line.price_pico) / 1000) }));
  const cost = local
    ? 0
    : prices?.input === undefined && !error
      ? null
      : lines.reduce((sum, line) => sum + line.cost_nanos, 0);
  const flat = covered && !error;
  const working = WORKING[kind.client];
  const answered = !error || error.kind.startsWith("upstream") || error.kind === "invalid_request";
  return {
    id,
    started_at: at,
    key_id: key.key_id || null,
    key_name: key.key_alias ?? key.key_name,
    model_requested: `${kind.provider === "demo" ? "" : `${kind.provider}/`}${kind.model}`,
    model_group: kind.model,
    provider: answered ? kind.provider : null,
    upstream_model: answered ? kind.model : null,
    format_in: kind.format,
    format_out: answered ? (kind.sent ?? kind.format) : null,
    endpoint: kind.endpoint,
    status: error?.status ?? 200,
    outcome: error ? "error" : cancelled ? "cancelled" : "ok",
    error_kind: error?.kind ?? null,
    error_message: error?.message ?? null,
    input_tokens: input,
    output_tokens: output,
    cache_read_tokens: cached,
    cache_write_tokens: written,
    reasoning_tokens: reasoning,
    cost_nanos: flat ? 0 : cost,
    covered_nanos: flat ? cost : null,
    billing: local ? "local" : flat ? "subscription" : "api",
    project: working?.project ?? null,
    session: given?.session ?? (working ? working.session(run(at, working.hours, keys.indexOf(key))) : null),
    tags: key.tags ?? [],
    user_id: key.user_id ?? null,
    team_id: key.team_id ?? null,
    latency_us: latency,
    first_byte_us: error ? null : Math.min(first, Math.floor(latency * 0.7)),
    attempts: failedOver ? 2 : answered ? 1 : 0,
    client: kind.client,
    streamed: random.next() < 0.85,
    deployment_id: answered ? `${kind.provider}-${kind.model.slice(0, 12)}` : null,
    usage_source: error ? "none" : cancelled ? "estimated" : "reported",
    usage_raw: error
      ? null
      : { prompt_tokens: input, completion_tokens: output, prompt_tokens_details: { cached_tokens: cached } },
    price_source: lines.length && !local ? "litellm" : null,
    price_version: lines.length && !local ? version : null,
    cost_lines: local ? [] : lines,
    bills: [],
    dropped: kind.client === "Zed" ? ["parallel_tool_calls", "logit_bias"] : [],
    response_id: error ? null : `chatcmpl-${random.hex(24)}`,
    end_user: kind.client === "goose" ? "customer-42" : null,
    bodies_kept_until: null,
    request_bytes: Math.max(180, input * 4),
    response_bytes: Math.max(240, output * 5),
    attempt_log: failedOver
      ? [
          { provider: kind.provider, model: kind.model, status: 529, duration_us: 812_000, error: "Overloaded" },
          {
            provider: kind.provider,
            model: kind.model,
            status: 200,
            duration_us: Math.min(first, Math.floor(latency * 0.7)) - 830_000,
            error: null,
          },
        ]
      : error && answered
        ? [
            {
              provider: kind.provider,
              model: kind.model,
              status: error.status,
              duration_us: latency,
              error: error.message,
            },
          ]
        : [],
  };
}

/** Thirty-one days up to now, busy by day and quiet at night, newest first. */
export function makeLedger(count: number, now: number, random: Random, keys: KeyRow[]): RequestDetail[] {
  const rows: RequestDetail[] = [];
  const span = 44 * 86_400_000;
  while (rows.length < count) {
    const at = Math.floor(now - span * random.next() ** 1.3 - 20_000);
    const hour = new Date(at).getHours();
    const awake = hour >= 8 && hour < 19 ? 1 : hour >= 19 && hour < 24 ? 0.45 : 0.08;
    const weekend = [0, 6].includes(new Date(at).getDay()) ? 0.35 : 1;
    if (random.next() < awake * weekend) rows.push(makeRequest(at, random, keys));
  }
  return rows.sort((a, b) => (a.id < b.id ? 1 : -1));
}
