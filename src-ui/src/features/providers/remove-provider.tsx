import { toast } from "sonner";
import type { Provider } from "@/api/contract";
import { useWrite } from "@/api/queries";
import { deleteProvider } from "@/api/routes";
import { Confirm } from "@/components/dialog";
import { plural } from "@/lib/numbers";
import { inWords, mayGo, usesOf } from "./uses";

export function RemoveProvider({ provider, onClose }: { provider: Provider; onClose: () => void }) {
  const remove = useWrite(
    (cascade: boolean) => deleteProvider(provider.id, cascade),
    ["providers", "catalogue", "status", "models"],
  );
  // A refusal says who uses it; then the question is another one.
  const uses = usesOf(remove.error);
  const cascade = mayGo(uses);
  return (
    <Confirm
      open
      onClose={onClose}
      title={cascade ? `Remove ${provider.name} and what uses it?` : `Remove ${provider.name}?`}
      action={cascade ? `Remove it and ${plural(uses.length, "deployment")}` : "Remove provider"}
      busy={remove.isPending}
      error={uses.length > 0 ? null : remove.error}
      testid="remove-provider"
      onConfirm={() =>
        remove.mutate(cascade, {
          onSuccess: () => {
            toast.success(`${provider.name} is removed.`);
            onClose();
          },
        })
      }
    >
      {uses.length > 0 ? (
        <>
          <p>It is in use and was not removed:</p>
          <ul className="max-h-40 list-disc overflow-y-auto pl-5" data-testid="provider-uses">
            {uses.map((use) => (
              <li key={`${use.kind} ${use.name}`} className="break-words">
                {inWords(use)}
              </li>
            ))}
          </ul>
          {!cascade && <p>Change the configuration file first, or switch the provider off.</p>}
        </>
      ) : (
        <>
          <p>
            Requests for {plural(provider.models, "model")} under{" "}
            <code className="break-all font-mono text-xs">{provider.name}/…</code> will fail from now on
            {provider.credential.state === "stored" && (
              <>, and its key {provider.credential.hint} is erased from the vault</>
            )}
            .
          </p>
          <p>Past requests and their cost stay in the ledger. To pause it instead, switch it off.</p>
        </>
      )}
    </Confirm>
  );
}
