// The gateway's own presets, as its API shows them, and what it refuses of a draft made of one.
import { readFileSync } from "node:fs";
import type { Preset, Provider, Served, SettingSpec } from "../src/api/contract.ts";

/** A preset that a provider can be made of here: its format is a known one. */
export type MockPreset = Preset & Pick<Provider, "format">;

interface Entry extends Partial<MockPreset> {
  id: string;
  label: string;
  also?: { format: Provider["format"] }[];
  no_chat?: boolean;
  models_path?: string;
}

const file = JSON.parse(readFileSync(new URL("../../crates/gateway/data/providers.json", import.meta.url), "utf8")) as {
  providers: Entry[];
};

const KINDS: Record<Provider["format"], Served> = {
  openai_chat: "chat",
  openai_completions: "completions",
  openai_responses: "responses",
  anthropic_messages: "messages",
  gemini: "gemini",
  ollama: "ollama",
  ollama_generate: "ollama",
  cohere: "cohere",
  bedrock_converse: "bedrock",
};

const setting = (spec: Partial<SettingSpec> & Pick<SettingSpec, "name" | "label">): SettingSpec => ({
  default: null,
  required: false,
  replaces_key: false,
  url: false,
  values: [],
  env: [],
  param: null,
  ...spec,
});

export const PRESETS: MockPreset[] = file.providers
  .filter((entry) => entry.id !== "demo")
  .map((entry) => {
    const format = entry.format ?? "openai_chat";
    const kinds = [format, ...(entry.also ?? []).map((further) => further.format)].map((one) => KINDS[one]);
    const served = [...kinds.filter((kind) => kind !== "chat" || !entry.no_chat), ...(entry.serves ?? [])];
    return {
      id: entry.id,
      label: entry.label,
      format,
      base_url: entry.base_url ?? "",
      needs_key: entry.needs_key ?? true,
      local: entry.local ?? false,
      key_url: entry.key_url ?? null,
      docs_url: entry.docs_url ?? null,
      key_hint: entry.key_hint ?? null,
      group: entry.group ?? "cloud",
      description: entry.description ?? "",
      settings: (entry.settings ?? []).map(setting),
      serves: [...new Set(served)],
      aliases: entry.aliases ?? [],
      key_env: entry.key_env ?? [],
    };
  });

/** A base URL with what was told filled in. */
export const address = ({ settings }: Preset, base_url: string, given: Record<string, string>) =>
  base_url
    .replace(/\{(\w+)\}/g, (braces, name: string) => {
      const fallback = settings.find((spec) => spec.name === name)?.default;
      return given[name] || fallback || braces;
    })
    .replace("//global-aiplatform.", "//aiplatform.");

export const preset = (id: string) => PRESETS.find((entry) => entry.id === id);

/** Whether it lists its models, which is what a test asks for. */
export const lists = (id: string) => file.providers.find((entry) => entry.id === id)?.models_path !== "";

/** The first thing that the gateway would refuse, and the member at fault. */
export function problem(
  { settings: specs }: Preset,
  given: Record<string, string>,
  key: string | undefined,
): { param: string; message: string } | null {
  for (const spec of specs) {
    const value = given[spec.name] || spec.default;
    const refuse = (message: string) => ({ param: `settings.${spec.name}`, message: `${spec.label} ${message}` });
    if (!value && spec.required) return refuse("is needed");
    if (value && !spec.url && !/^[\w.:@-]+$/.test(value))
      return refuse("must be letters, digits, '-', '_', '.', ':' or '@'");
  }
  if (key && /^(AKIA|ASIA)[^:]*$/.test(key))
    return { param: "api_key", message: "api_key: an access key id alone signs nothing: write it as ID:SECRET" };
  return null;
}

/** The end of a key; of a document, whose it is. */
export function hint(key: string): string {
  try {
    const document = JSON.parse(key) as Record<string, string>;
    return document.client_email ?? document.aws_access_key_id ?? document.client_id ?? "";
  } catch {
    return `…${key.slice(-4)}`;
  }
}
