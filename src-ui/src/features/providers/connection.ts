// How a provider is reached, as a form holds it: its settings, its key, its address.
import type { Preset, Provider, ProviderChange } from "@/api/contract";
import { baseUrlProblem } from "./names";
import { pasted } from "./pasted";
import { changedSettings, isTemplate, needsKey, type Settings, settingProblem } from "./settings";

export interface Connection {
  settings: Settings;
  key: string;
  /** Empty where the preset makes it from its settings. */
  baseUrl: string;
}

const shownUrl = (url: string) => (isTemplate(url) ? "" : url);

export const newConnection = (preset: Preset): Connection => ({
  settings: {},
  key: "",
  baseUrl: shownUrl(preset.base_url),
});

export const connectionOf = (provider: Provider): Connection => ({
  settings: provider.settings,
  key: "",
  baseUrl: shownUrl(provider.base_url),
});

/** The members of a draft or change; what stays as it is has none. */
export function changeOf(
  preset: Preset,
  typed: Connection,
  before?: Provider,
): Pick<ProviderChange, "settings" | "api_key" | "base_url"> {
  // An emptied address is the preset's again.
  const url = typed.baseUrl.trim() || preset.base_url;
  return {
    settings: changedSettings(typed.settings, before?.settings),
    api_key: typed.key.trim() || undefined,
    base_url: url === (before ?? preset).base_url ? undefined : url,
  };
}

/** What is wrong or missing, by the name that the gateway has for the field. */
export function connectionProblems(preset: Preset, typed: Connection, before?: Provider) {
  const problems: Record<string, string> = {};
  const note = (field: string, problem: string | null) => {
    if (problem) problems[field] = problem;
  };
  for (const spec of preset.settings) note(`settings.${spec.name}`, settingProblem(spec, typed.settings[spec.name]));
  if (!isTemplate(preset.base_url) || typed.baseUrl.trim()) note("base_url", baseUrlProblem(typed.baseUrl));
  if (!before && needsKey(preset, typed.settings) && typed.key.trim() === "")
    note("api_key", "Paste the key to go on.");
  if (pasted(typed.key).kind === "broken")
    note("api_key", "It begins like JSON and is none: it was probably not copied whole.");
  return problems;
}

export const connectionFields = (preset: Preset) => [
  ...preset.settings.map((spec) => `settings.${spec.name}`),
  "api_key",
  "base_url",
];

/** A service account's file names the project that it belongs to. */
export function withKey(preset: Preset, typed: Connection, key: string): Connection {
  const found = pasted(key);
  const project = found.kind === "document" ? found.project : null;
  const wanted = preset.settings.some((spec) => spec.name === "project") && !typed.settings.project?.trim();
  return { ...typed, key, settings: project && wanted ? { ...typed.settings, project } : typed.settings };
}
