import type { Preset } from "@/api/contract";
import { cn } from "@/lib/cn";
import { Monogram } from "./monogram";
import { servedLine } from "./served";

/** What it is, and quietly what it serves. `first` is what Enter in the search takes. */
export function PresetTile({
  preset,
  first,
  reachable,
  onPick,
}: {
  preset: Preset;
  first: boolean;
  /** By Tab; the others by the arrows from there. */
  reachable: boolean;
  onPick: () => void;
}) {
  return (
    <button
      type="button"
      data-testid={`preset-${preset.id}`}
      data-preset
      data-first={first || undefined}
      tabIndex={reachable ? 0 : -1}
      onClick={onPick}
      className={cn(
        "flex min-w-0 scroll-mt-20 scroll-mb-3 items-start gap-2.5 rounded-lg border border-line bg-surface p-2 text-left hover:border-line-strong hover:bg-hover",
        first && "border-accent",
      )}
    >
      <Monogram label={preset.label} className="mt-0.5" />
      <span className="min-w-0 flex-1">
        <span className="block truncate font-medium" title={preset.label}>
          {preset.label}
        </span>
        <span className="block truncate text-muted text-xs" title={preset.description}>
          {preset.description}
        </span>
        {preset.serves.length > 0 && (
          <span className="block truncate text-2xs text-faint" title={`Serves ${servedLine(preset.serves)}`}>
            {servedLine(preset.serves, 32)}
          </span>
        )}
      </span>
    </button>
  );
}
