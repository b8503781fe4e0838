import { useMemo, useState } from "react";
import type { Preset } from "@/api/contract";
import { SearchInput } from "@/components/field";
import { Monogram } from "./monogram";

const GROUPS: { id: Preset["group"]; label: string }[] = [
  { id: "popular", label: "Popular" },
  { id: "cloud", label: "Cloud" },
  { id: "local", label: "On this machine" },
  { id: "generic", label: "Anything else" },
];

export function PresetPicker({ presets, onPick }: { presets: Preset[]; onPick: (preset: Preset) => void }) {
  const [query, setQuery] = useState("");
  const found = useMemo(() => {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    return presets.filter((preset) => {
      const text = `${preset.label} ${preset.id} ${preset.description}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
  }, [presets, query]);
  return (
    // Tall enough for all groups, so that searching does not shrink the dialog under the pointer.
    <div className="grid min-h-[min(440px,60vh)] content-start gap-4">
      <SearchInput
        value={query}
        onValue={setQuery}
        placeholder="Search providers"
        aria-label="Search providers"
        data-testid="preset-search"
        onKeyDown={(event) => {
          if (event.key === "Enter" && found.length === 1) onPick(found[0]!);
        }}
      />
      {GROUPS.map(({ id, label }) => {
        const group = found.filter((preset) => preset.group === id);
        return group.length === 0 ? null : (
          <section key={id}>
            <h3 className="mb-1.5 text-muted text-xs">{label}</h3>
            <div className="grid grid-cols-1 gap-2 sm:grid-cols-3">
              {group.map((preset) => (
                <button
                  key={preset.id}
                  type="button"
                  data-testid={`preset-${preset.id}`}
                  onClick={() => onPick(preset)}
                  className="flex min-w-0 items-center gap-2.5 rounded-lg border border-line bg-surface p-2 text-left hover:border-line-strong hover:bg-hover"
                >
                  <Monogram label={preset.label} />
                  <span className="min-w-0">
                    <span className="block truncate font-medium">{preset.label}</span>
                    <span className="block truncate text-faint text-xs" title={preset.description}>
                      {preset.description}
                    </span>
                  </span>
                </button>
              ))}
            </div>
          </section>
        );
      })}
      {found.length === 0 && (
        <p className="py-6 text-center text-muted">
          No preset is called “{query}”. Most providers speak the OpenAI format: choose{" "}
          <button
            type="button"
            className="rounded font-medium text-accent-text hover:underline"
            onClick={() => setQuery("")}
          >
            one of the generic ones
          </button>{" "}
          and enter its base URL.
        </p>
      )}
    </div>
  );
}
