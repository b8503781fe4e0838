import { ArrowLeft } from "lucide-react";
import { useState } from "react";
import type { Preset } from "@/api/contract";
import { usePresets } from "@/api/queries";
import { Button, Skeleton } from "@/components/controls";
import { Dialog } from "@/components/dialog";
import { ErrorNotice } from "@/components/notice";
import { PresetPicker } from "./preset-picker";
import { ProviderForm } from "./provider-form";
import { servedLine } from "./served";

/** First which, then its key. */
export function AddProvider({
  open,
  onClose,
  taken,
  onAdded,
}: {
  open: boolean;
  onClose: () => void;
  taken: string[];
  onAdded?: (name: string) => void;
}) {
  const presets = usePresets();
  const [preset, setPreset] = useState<Preset | null>(null);
  const close = () => {
    setPreset(null);
    onClose();
  };
  return (
    <Dialog
      open={open}
      onClose={close}
      wide={!preset}
      lock={preset !== null}
      testid="add-provider-dialog"
      title={
        preset ? (
          <span className="flex items-center gap-1">
            <Button
              variant="ghost"
              size="icon"
              aria-label="Back to the list"
              className="-ml-2"
              onClick={() => setPreset(null)}
            >
              <ArrowLeft className="size-4" />
            </Button>
            {preset.label}
          </span>
        ) : (
          "Add a provider"
        )
      }
      description={
        preset ? (
          <>
            {preset.description}
            {preset.serves.length > 0 && (
              <span className="mt-1 block text-faint text-xs">Serves {servedLine(preset.serves)}</span>
            )}
          </>
        ) : (
          "Pick who answers. Anything that speaks the OpenAI or Anthropic format works."
        )
      }
    >
      {presets.error && !presets.data && <ErrorNotice error={presets.error} onRetry={() => void presets.refetch()} />}
      {presets.isPending && (
        <div className="grid grid-cols-2 gap-2 sm:grid-cols-3">
          {Array.from({ length: 9 }, (_, i) => (
            <Skeleton key={i} className="h-12" />
          ))}
        </div>
      )}
      {presets.data && !preset && <PresetPicker presets={presets.data} onPick={setPreset} />}
      {preset && (
        <ProviderForm
          key={preset.id}
          preset={preset}
          taken={taken}
          onSaved={(name) => {
            onAdded?.(name);
            close();
          }}
        />
      )}
    </Dialog>
  );
}
