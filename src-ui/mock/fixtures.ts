import type { Provider } from "../src/api/contract.ts";
import { address, preset as presetOf } from "./presets.ts";

export const DEMO: Provider = {
  id: "demo",
  name: "demo",
  preset: "demo",
  label: "Demo",
  format: "openai_chat",
  base_url: "",
  address: "",
  enabled: true,
  settings: {},
  built_in: true,
  credential: { state: "not_needed", hint: null, detail: null },
  models: 1,
  last_test: null,
  number: 0,
  priority: 100,
  weight: 100,
  billing: "api",
  price_adjustment_percent: 0,
  timeout: null,
  further_keys: [],
  circuit: null,
  created_at: 0,
  updated_at: 0,
};

export function providers(now: number, trouble: boolean): Provider[] {
  const make = (id: string, name: string, models: number, more: Partial<Provider> = {}): Provider => {
    const preset = presetOf(id)!;
    const made: Omit<Provider, "address"> = {
      id: `p-${name}`,
      name,
      preset: id,
      label: preset.label,
      format: preset.format,
      base_url: preset.base_url,
      enabled: true,
      settings: {},
      built_in: false,
      credential: { state: "stored", hint: "…a1b2", detail: null },
      models,
      last_test: { ok: true, asked: true, at: now - 7_200_000, latency_ms: 412, status: 200, message: "OK", models },
      number: 1,
      priority: 100,
      weight: 100,
      billing: "api",
      price_adjustment_percent: 0,
      timeout: null,
      further_keys: [],
      circuit: null,
      created_at: now - 4e9,
      updated_at: now - 1e9,
      ...more,
    };
    return { ...made, address: address(preset, made.base_url, made.settings) };
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
            asked: true,
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
      last_test: { ok: true, asked: true, at: now - 60_000, latency_ms: 3, status: 200, message: "OK", models: 6 },
    }),
    ...(trouble
      ? [
          make("openai-compatible", "the-very-long-name-of-a-self-hosted-inference-cluster-in-the-basement", 0, {
            base_url: "https://inference.internal.a-company-with-a-long-domain-name.example:8443/serving/openai/v1",
            credential: { state: "missing", hint: null, detail: "The vault holds no key for this provider." },
            last_test: null,
          }),
          make("groq", "groq", 37, { enabled: false }),
          make("mistral", "mistral", 61, {
            priority: 50,
            timeout: 30,
            further_keys: [
              { number: 2, hint: "…7c1d" },
              { number: 4, hint: "…e90b" },
            ],
            circuit: { state: "open", retry_in_seconds: 42, reason: "Mistral answered with status 503: overloaded" },
          }),
          make("bedrock", "bedrock", 84, {
            settings: { region: "eu-central-1", profile: "work" },
            credential: { state: "not_needed", hint: null, detail: null },
            last_test: null,
          }),
          make("vertex", "vertex", 129, {
            settings: { project: "a-project-with-a-long-name-483920" },
            credential: {
              state: "stored",
              hint: "postern-gateway@a-project-with-a-long-name-483920.iam.gserviceaccount.com",
              detail: null,
            },
            last_test: null,
          }),
        ]
      : []),
    { ...DEMO, created_at: now },
  ];
}
