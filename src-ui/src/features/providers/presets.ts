// Which presets a search finds, and in which order they are listed.
import type { Preset } from "@/api/contract";
import { servedWords } from "./served";

export interface PresetGroup {
  id: string;
  label: string;
  presets: Preset[];
}

// The long one comes last, so that nothing hides behind it.
const GROUPS: { id: Preset["group"]; label: string }[] = [
  { id: "popular", label: "Popular" },
  { id: "local", label: "On this machine" },
  { id: "generic", label: "Anything else, by its base URL" },
  { id: "cloud", label: "All other services, A to Z" },
];

const byLabel = (a: Preset, b: Preset) => a.label.localeCompare(b.label, "en", { sensitivity: "base" });

/** Without a search, the groups; with one, a single group, the best first. */
export function listPresets(presets: Preset[], query: string): PresetGroup[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const groups =
    words.length > 0
      ? [{ id: "found", label: "Found", presets: search(presets, words) }]
      : GROUPS.map((group) => {
          const members = presets.filter((preset) => preset.group === group.id);
          return { ...group, presets: group.id === "cloud" ? members.sort(byLabel) : members };
        });
  return groups.filter((group) => group.presets.length > 0);
}

function search(presets: Preset[], words: string[]) {
  return presets
    .map((preset) => ({ preset, rank: rank(preset, words) }))
    .filter(({ rank }) => rank < MISS)
    .sort((a, b) => a.rank - b.rank || byLabel(a.preset, b.preset))
    .map(({ preset }) => preset);
}

const MISS = 4;

/** A name that begins with the search is better than one that holds it, and any name than a description. */
function rank(preset: Preset, words: string[]) {
  const name = `${preset.label} ${preset.id}`.toLowerCase();
  const text =
    `${name} ${preset.aliases.join(" ")} ${preset.description} ${servedWords(preset.serves).join(" ")}`.toLowerCase();
  if (!words.every((word) => text.includes(word))) return MISS;
  const first = words[0]!;
  if (preset.id.startsWith(first) || preset.label.toLowerCase().startsWith(first)) return 0;
  if (words.every((word) => name.split(/[^\p{L}\p{N}]+/u).some((part) => part.startsWith(word)))) return 1;
  return words.every((word) => name.includes(word)) ? 2 : 3;
}
