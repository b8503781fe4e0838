import { toast } from "sonner";
import type { FullKey } from "@/api/governance-keys";
import { useWrite } from "@/api/queries";
import { revokeKey } from "@/api/routes";
import { Confirm } from "@/components/dialog";
import { nameOf } from "./key-state";

export function RevokeKey({ row, onClose, onRevoked }: { row: FullKey; onClose: () => void; onRevoked?: () => void }) {
  const revoke = useWrite(() => revokeKey(row.token), ["keys", "status"]);
  const name = nameOf(row);
  return (
    <Confirm
      open
      onClose={onClose}
      title={`Revoke ${name}?`}
      action="Revoke key"
      busy={revoke.isPending}
      error={revoke.error}
      testid="revoke-key"
      onConfirm={() =>
        revoke.mutate(undefined, {
          onSuccess: () => {
            toast.success(`${name} is revoked.`);
            onClose();
            onRevoked?.();
          },
        })
      }
    >
      <p>
        Every tool that uses <code className="font-mono text-xs">{row.key_name}</code> is refused at once. The key
        cannot be brought back; a new one has to be pasted into those tools.
      </p>
      <p>Its past requests and their cost stay in the ledger. To stop it for a while, block it instead.</p>
    </Confirm>
  );
}
