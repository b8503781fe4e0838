import { toast } from "sonner";
import type { Provider } from "@/api/contract";
import { useWrite } from "@/api/queries";
import { deleteProvider } from "@/api/routes";
import { Confirm } from "@/components/dialog";
import { plural } from "@/lib/numbers";

export function RemoveProvider({ provider, onClose }: { provider: Provider; onClose: () => void }) {
  const remove = useWrite(() => deleteProvider(provider.id), ["providers", "catalogue", "status", "models"]);
  return (
    <Confirm
      open
      onClose={onClose}
      title={`Remove ${provider.name}?`}
      action="Remove provider"
      busy={remove.isPending}
      error={remove.error}
      testid="remove-provider"
      onConfirm={() =>
        remove.mutate(undefined, {
          onSuccess: () => {
            toast.success(`${provider.name} is removed.`);
            onClose();
          },
        })
      }
    >
      <p>
        Requests for {plural(provider.models, "model")} under{" "}
        <code className="break-all font-mono text-xs">{provider.name}/…</code> will fail from now on
        {provider.credential.state === "stored" && (
          <>, and its key {provider.credential.hint} is erased from the vault</>
        )}
        .
      </p>
      <p>Past requests and their cost stay in the ledger. To pause it instead, switch it off.</p>
    </Confirm>
  );
}
