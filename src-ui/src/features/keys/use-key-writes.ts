import { toast } from "sonner";
import type { FullKey } from "@/api/governance-keys";
import { useWrite } from "@/api/queries";
import { blockKey, unblockKey } from "@/api/routes";
import { nameOf } from "./key-state";

/** Switches a key off or on, and says what that means. */
export function useBlock(row: FullKey) {
  const write = useWrite((on: boolean) => (on ? blockKey(row.token) : unblockKey(row.token)), ["keys"]);
  const name = nameOf(row);
  const toggle = () =>
    write.mutate(!row.blocked, {
      onSuccess: () =>
        toast.success(row.blocked ? `${name} works again.` : `${name} is blocked; its calls are refused from now on.`),
      onError: (error) => toast.error(error.message),
    });
  return { toggle, busy: write.isPending };
}
