import { toast } from "sonner";
import type { TeamInfo } from "@/api/contract";
import { deleteTeam } from "@/api/people";
import { useWrite } from "@/api/queries";
import { Confirm } from "@/components/dialog";
import { teamName } from "@/features/people/names";
import { plural } from "@/lib/numbers";

export function DeleteTeam({
  info,
  onClose,
  onDeleted,
}: {
  info: TeamInfo;
  onClose: () => void;
  onDeleted: () => void;
}) {
  const remove = useWrite(() => deleteTeam(info.team_id), ["teams", "users", "organizations", "keys"]);
  const name = teamName(info.team_info);
  const people = info.team_info.members_with_roles.length;
  const keys = info.keys.length;
  return (
    <Confirm
      open
      onClose={onClose}
      title={`Delete ${name}?`}
      action={keys > 0 ? `Delete team and ${plural(keys, "key")}` : "Delete team"}
      busy={remove.isPending}
      error={remove.error}
      testid="delete-team"
      onConfirm={() =>
        remove.mutate(undefined, {
          onSuccess: () => {
            toast.success(`${name} is deleted.`);
            onDeleted();
          },
        })
      }
    >
      <p>
        {keys > 0
          ? `Its ${plural(keys, "key")} ${keys === 1 ? "is" : "are"} deleted with it: every tool that uses one is refused at once. `
          : "It has no key. "}
        {people > 0 &&
          `${plural(people, "person", "people")} lose${people === 1 ? "s" : ""} what they had in it, and stay users.`}
      </p>
      <p>Its past requests and their cost stay in the ledger. To stop it for a while, block it instead.</p>
    </Confirm>
  );
}
