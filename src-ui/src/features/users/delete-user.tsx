import { toast } from "sonner";
import type { UserRow } from "@/api/contract";
import { deleteUser } from "@/api/people";
import { useWrite } from "@/api/queries";
import { Confirm } from "@/components/dialog";
import { personName } from "@/features/people/names";
import { plural } from "@/lib/numbers";

export function DeleteUser({
  user,
  onClose,
  onDeleted,
}: {
  user: UserRow;
  onClose: () => void;
  onDeleted: () => void;
}) {
  const remove = useWrite(() => deleteUser(user.user_id), ["users", "teams", "organizations", "keys"]);
  const name = personName(user);
  const places = [
    user.teams.length > 0 && plural(user.teams.length, "team"),
    user.organizations.length > 0 && plural(user.organizations.length, "organization"),
  ].filter(Boolean);
  return (
    <Confirm
      open
      onClose={onClose}
      title={`Delete ${name}?`}
      action="Delete user"
      busy={remove.isPending}
      error={remove.error}
      testid="delete-user"
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
        {user.key_count > 0
          ? `${plural(user.key_count, "key")} of theirs ${user.key_count === 1 ? "is" : "are"} deleted with them and refused at once. `
          : "They have no key. "}
        {places.length > 0 && `They leave ${places.join(" and ")}. `}
        Their sign-ins and invitation links end.
      </p>
      <p>Their past requests and what they cost stay in the ledger. To stop them for a while, block them instead.</p>
    </Confirm>
  );
}
