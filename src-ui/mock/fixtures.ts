import type { KeyRow, Preset, Provider } from "../src/api/contract.ts";
import { type Random, uuid } from "./random.ts";

/** A preset that a provider can be made of here: its format is a known one. */
type MockPreset = Preset & Pick<Provider, "format">;

const cloud = (
  id: string,
  label: string,
  base_url: string,
  description: string,
  more: Partial<MockPreset> = {},
): MockPreset => ({
  id,
  label,
  base_url,
  description,
  format: "openai_chat",
  needs_key: true,
  local: false,
  key_url: `https://${id}.example/keys`,
  docs_url: null,
  key_hint: "sk-…",
  group: "cloud",
  ...more,
});

export const PRESETS: MockPreset[] = [
  cloud("openai", "OpenAI", "https://api.openai.com/v1", "GPT models", {
    group: "popular",
    key_url: "https://platform.openai.com/api-keys",
    key_hint: "sk-proj-…",
  }),
  cloud("anthropic", "Anthropic", "https://api.anthropic.com", "Claude models", {
    group: "popular",
    format: "anthropic_messages",
    key_url: "https://console.anthropic.com/settings/keys",
    key_hint: "sk-ant-…",
  }),
  cloud("openrouter", "OpenRouter", "https://openrouter.ai/api/v1", "Hundreds of models behind one key", {
    group: "popular",
    key_hint: "sk-or-…",
  }),
  cloud("gemini", "Google Gemini", "https://generativelanguage.googleapis.com/v1beta/openai", "Gemini models", {
    group: "popular",
    key_hint: "AIza…",
  }),
  cloud("mistral", "Mistral", "https://api.mistral.ai/v1", "Mistral and Codestral models"),
  cloud("groq", "Groq", "https://api.groq.com/openai/v1", "Open models, served fast", { key_hint: "gsk_…" }),
  cloud("deepseek", "DeepSeek", "https://api.deepseek.com/v1", "DeepSeek chat and reasoner"),
  cloud("xai", "xAI", "https://api.x.ai/v1", "Grok models"),
  cloud("together", "Together AI", "https://api.together.xyz/v1", "Open models"),
  cloud("fireworks", "Fireworks", "https://api.fireworks.ai/inference/v1", "Open models"),
  cloud("ollama", "Ollama", "http://127.0.0.1:11434/v1", "Models on this machine", {
    group: "local",
    needs_key: false,
    local: true,
    key_url: null,
    key_hint: null,
  }),
  cloud("lmstudio", "LM Studio", "http://127.0.0.1:1234/v1", "Models on this machine", {
    group: "local",
    needs_key: false,
    local: true,
    key_url: null,
    key_hint: null,
  }),
  cloud("llamacpp", "llama.cpp", "http://127.0.0.1:8080/v1", "llama-server", {
    group: "local",
    needs_key: false,
    local: true,
    key_url: null,
    key_hint: null,
  }),
  cloud("openai_compatible", "OpenAI-compatible", "", "Any server that speaks the OpenAI format", {
    group: "generic",
    needs_key: false,
    key_url: null,
    key_hint: null,
  }),
  cloud("anthropic_compatible", "Anthropic-compatible", "", "Any server that speaks the Anthropic format", {
    group: "generic",
    format: "anthropic_messages",
    needs_key: false,
    key_url: null,
    key_hint: null,
  }),
];

export const DEMO: Provider = {
  id: "demo",
  name: "demo",
  preset: "demo",
  label: "Demo",
  format: "openai_chat",
  base_url: "",
  enabled: true,
  built_in: true,
  credential: { state: "not_needed", hint: null, detail: null },
  models: 1,
  last_test: null,
  created_at: 0,
  updated_at: 0,
};

export function providers(now: number, trouble: boolean): Provider[] {
  const make = (id: string, name: string, models: number, more: Partial<Provider> = {}): Provider => {
    const preset = PRESETS.find((entry) => entry.id === id)!;
    return {
      id: `p-${name}`,
      name,
      preset: id,
      label: preset.label,
      format: preset.format,
      base_url: preset.base_url,
      enabled: true,
      built_in: false,
      credential: { state: "stored", hint: "…a1b2", detail: null },
      models,
      last_test: { ok: true, at: now - 7_200_000, latency_ms: 412, status: 200, message: "OK", models },
      created_at: now - 4e9,
      updated_at: now - 1e9,
      ...more,
    };
  };
  return [
    make("anthropic", "anthropic", 22),
    make("openai", "openai", 177, { credential: { state: "stored", hint: "…9fQx", detail: null } }),
    trouble
      ? make("openrouter", "openrouter", 890, {
          credential: {
            state: "refused",
            hint: "…77aa",
            detail: "OpenRouter refused this key (401): No auth credentials found.",
          },
          last_test: {
            ok: false,
            at: now - 300_000,
            latency_ms: 188,
            status: 401,
            message: "No auth credentials found",
            models: null,
          },
        })
      : make("openrouter", "openrouter", 890),
    make("ollama", "ollama", 29, {
      credential: { state: "not_needed", hint: null, detail: null },
      last_test: { ok: true, at: now - 60_000, latency_ms: 3, status: 200, message: "OK", models: 6 },
    }),
    ...(trouble
      ? [
          make("openai_compatible", "the-very-long-name-of-a-self-hosted-inference-cluster-in-the-basement", 0, {
            base_url: "https://inference.internal.a-company-with-a-long-domain-name.example:8443/serving/openai/v1",
            credential: { state: "missing", hint: null, detail: "The vault holds no key for this provider." },
            last_test: null,
          }),
          make("groq", "groq", 37, { enabled: false }),
        ]
      : []),
    { ...DEMO, created_at: now },
  ];
}

export function keys(now: number, random: Random): KeyRow[] {
  const iso = (at: number) => new Date(at).toISOString();
  const day = 86_400_000;
  const make = (alias: string, spend: number, more: Partial<KeyRow> = {}): KeyRow => ({
    key_id: uuid(now, random),
    token: random.hex(64),
    key_name: `sk-...${random.hex(4)}`,
    key_alias: alias,
    models: [],
    spend,
    max_budget: null,
    budget_duration: null,
    budget_reset_at: null,
    rpm_limit: null,
    tpm_limit: null,
    max_parallel_requests: null,
    expires: null,
    blocked: null,
    created_at: iso(now - random.between(1, 40) * day),
    created_by: "administrator",
    updated_at: iso(now),
    last_used_at: iso(now - random.between(1, 4000) * 60_000),
    metadata: {},
    ...more,
  });
  const monthly = { budget_duration: "30d", budget_reset_at: iso(now + 11 * day) };
  return [
    make("claude-code on the laptop", 41.87, { max_budget: 60, ...monthly }),
    make("aider", 12.304, { models: ["openai/gpt-5", "openai/gpt-5-mini"], rpm_limit: 60 }),
    make("opencode on the desktop machine in the study, the one with the large screen", 3.21, {
      max_budget: 4,
      ...monthly,
      expires: iso(now + 5 * day),
    }),
    make("nightly evaluation", 5, {
      max_budget: 5,
      budget_duration: "1d",
      budget_reset_at: iso(now + 7 * 3_600_000),
      tpm_limit: 400_000,
      max_parallel_requests: 8,
    }),
    make("notebook", 0.000042, { models: ["ollama/qwen3:14b"] }),
    make("a colleague's trial", 0.41, { max_budget: 1, expires: iso(now - 3 * day) }),
    make("old laptop", 88.02, { blocked: true, last_used_at: iso(now - 60 * day) }),
    make("never used yet", 0, { last_used_at: null }),
  ];
}
