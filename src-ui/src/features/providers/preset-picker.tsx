import { type KeyboardEvent, useMemo, useRef, useState } from "react";
import type { Preset } from "@/api/contract";
import { SearchInput } from "@/components/field";
import { neighbour } from "@/lib/neighbour";
import { PresetTile } from "./preset-tile";
import { listPresets } from "./presets";

/** Typing narrows, arrows move, Enter takes: dozens of presets are no reason to reach for the pointer. */
export function PresetPicker({ presets, onPick }: { presets: Preset[]; onPick: (preset: Preset) => void }) {
  const [query, setQuery] = useState("");
  const box = useRef<HTMLDivElement>(null);
  const groups = useMemo(() => listPresets(presets, query), [presets, query]);
  const first = groups[0]?.presets[0];
  const searching = query.trim() !== "";

  const onKeyDown = (event: KeyboardEvent) => {
    const tiles = [...(box.current?.querySelectorAll<HTMLElement>("[data-preset]") ?? [])];
    const from = tiles.indexOf(event.target as HTMLElement);
    const search = box.current?.querySelector<HTMLElement>("input");
    if (from < 0) {
      if (event.key === "ArrowDown") tiles[0]?.focus();
      else if (event.key === "Enter" && searching && first) onPick(first);
      else return;
      return event.preventDefault();
    }
    // What is typed belongs into the search, wherever the focus is.
    if (event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey)
      return search?.focus();
    const places = tiles.map((tile) => tile.getBoundingClientRect());
    const to = neighbour(places, from, event.key);
    if (to === undefined) return;
    event.preventDefault();
    (to === null ? search : tiles[to])?.focus();
  };

  return (
    // As tall as the dialog may be, so that searching does not shrink it under the pointer.
    <div
      ref={box}
      role="group"
      aria-label="Providers to choose from"
      onKeyDown={onKeyDown}
      className="grid min-h-[calc(84vh-96px)] content-start"
    >
      <div className="sticky top-0 z-10 bg-raised pt-1 pb-3">
        <SearchInput
          value={query}
          onValue={setQuery}
          placeholder={`Search ${presets.length} providers, or what they serve`}
          aria-label="Search providers"
          data-testid="preset-search"
        />
      </div>
      <div className="grid gap-4">
        {groups.map((group) => (
          <section key={group.id} aria-label={group.label}>
            <h3 className="sticky top-12 z-[1] flex items-baseline gap-2 bg-raised pb-1.5 text-muted text-xs">
              {group.label} <span className="text-2xs text-faint">{group.presets.length}</span>
            </h3>
            <div className="grid grid-cols-1 gap-2 sm:grid-cols-3">
              {group.presets.map((preset) => (
                <PresetTile
                  key={preset.id}
                  preset={preset}
                  first={searching && preset === first}
                  reachable={preset === first}
                  onPick={() => onPick(preset)}
                />
              ))}
            </div>
          </section>
        ))}
      </div>
      {groups.length === 0 && (
        <p className="py-6 text-center text-muted">
          No preset is called “{query}”. Most providers speak the OpenAI format: choose{" "}
          <button
            type="button"
            className="rounded font-medium text-accent-text hover:underline"
            onClick={() => setQuery("compatible")}
          >
            one of the generic ones
          </button>{" "}
          and enter its base URL.
        </p>
      )}
    </div>
  );
}
