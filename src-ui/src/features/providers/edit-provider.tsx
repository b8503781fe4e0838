import type { Provider } from "@/api/contract";
import { usePresets } from "@/api/queries";
import { Skeleton } from "@/components/controls";
import { Dialog } from "@/components/dialog";
import { ErrorNotice } from "@/components/notice";
import { EditForm } from "./edit-form";

export function EditProvider({ provider, onClose }: { provider: Provider; onClose: () => void }) {
  const presets = usePresets();
  const preset = presets.data?.find(({ id }) => id === provider.preset);
  return (
    <Dialog
      open
      onClose={onClose}
      lock
      title={`Edit ${provider.name}`}
      description={provider.label}
      testid="edit-provider-dialog"
    >
      {preset && <EditForm provider={provider} preset={preset} onClose={onClose} />}
      {presets.isPending && (
        <div aria-busy className="grid gap-4">
          {[0, 1, 2].map((field) => (
            <Skeleton key={field} className="h-12" />
          ))}
        </div>
      )}
      {!preset && !presets.isPending && (
        <ErrorNotice
          error={presets.error ?? `There is no preset ${provider.preset} in this gateway.`}
          onRetry={() => void presets.refetch()}
        />
      )}
    </Dialog>
  );
}
