// What a provider is told besides a key: from what is typed to what is sent and shown. The gateway may leave out members of a
// description that say nothing.
import type { Preset, SettingSpec } from "@/api/contract";

export type Settings = Record<string, string>;

/** What of it has to be sent: typed and not the same as before. An emptied one goes back to its default. */
export function changedSettings(typed: Settings, before: Settings = {}): Settings | undefined {
  const changed = Object.entries(typed)
    .map(([name, value]) => [name, value.trim()] as const)
    .filter(([name, value]) => value !== (before[name] ?? ""));
  return changed.length === 0 ? undefined : Object.fromEntries(changed);
}

export const isTemplate = (url: string) => /\{\w+\}/.test(url);

/** An address with what is known filled in; what only the gateway's environment may know keeps its braces. */
export function filledUrl(template: string, specs: SettingSpec[] | undefined, given: Settings) {
  const fallback = (name: string) => specs?.find((spec) => spec.name === name)?.default ?? undefined;
  return (
    template
      .replace(/\{(\w+)\}/g, (braces, name: string) => given[name]?.trim() || fallback(name) || braces)
      // Google's one location without a host of its own.
      .replace("//global-aiplatform.", "//aiplatform.")
  );
}

/** What is missing that nothing but the form can give. */
export const settingProblem = ({ label, required, default: fallback, env }: SettingSpec, typed: string | undefined) =>
  required && !fallback && !env?.length && !typed?.trim() ? `${plainLabel(label)} is needed.` : null;

/** Without the remark in parentheses, for where there is little room. */
export const plainLabel = (label: string) => label.replace(/\s*\(.*\)$/, "");

/** What it was told, in words: "Region eu-central-1". */
export const toldSettings = (given: Settings, specs: SettingSpec[] | undefined) =>
  Object.entries(given).map(([name, value]) => {
    const label = specs?.find((spec) => spec.name === name)?.label;
    return { name, label: label ? plainLabel(label) : name.replaceAll("_", " "), value };
  });

/** Whether nothing can be asked without a key: a setting may stand in for it. */
export const needsKey = (preset: Preset, given: Settings) =>
  preset.needs_key && !preset.settings.some((spec) => spec.replaces_key && given[spec.name]?.trim());

/** Whether this machine may have an identity in place of a key. Such credentials are also documents of several lines. */
export const knowsIdentities = (preset: Preset) =>
  preset.group === "cloud" && (!preset.needs_key || preset.settings.some((spec) => spec.replaces_key));
