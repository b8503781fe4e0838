import { toast } from "sonner";
import type { OrganizationRow } from "@/api/contract";
import { deleteOrganization } from "@/api/people";
import { useWrite } from "@/api/queries";
import { Confirm } from "@/components/dialog";
import { teamName } from "@/features/people/names";
import { plural } from "@/lib/numbers";

// The longest list that one still reads before one confirms.
const NAMED = 6;

export function DeleteOrganization({
  organization,
  onClose,
  onDeleted,
}: {
  organization: OrganizationRow;
  onClose: () => void;
  onDeleted: () => void;
}) {
  const { organization_id, organization_alias: name, teams, members } = organization;
  const remove = useWrite(() => deleteOrganization(organization_id), ["organizations", "teams", "users", "keys"]);
  return (
    <Confirm
      open
      onClose={onClose}
      title={`Delete ${name}?`}
      action={teams.length > 0 ? `Delete it and ${plural(teams.length, "team")}` : "Delete organization"}
      busy={remove.isPending}
      error={remove.error}
      testid="delete-organization"
      onConfirm={() =>
        remove.mutate(undefined, {
          onSuccess: () => {
            toast.success(`${name} is deleted.`);
            onDeleted();
          },
        })
      }
    >
      {teams.length > 0 ? (
        <>
          <p>
            {plural(teams.length, "team")} and every key in {teams.length === 1 ? "it" : "them"} and in the organization
            are deleted with it; tools that use one are refused at once:
          </p>
          <ul className="list-disc pl-5">
            {teams.slice(0, NAMED).map((team) => (
              <li key={team.team_id}>
                <span className="block truncate">{teamName(team)}</span>
              </li>
            ))}
            {teams.length > NAMED && <li>and {teams.length - NAMED} more</li>}
          </ul>
        </>
      ) : (
        <p>It has no team. Keys that belong to it are deleted with it and refused at once.</p>
      )}
      <p>
        {members.length > 0 &&
          `Its ${plural(members.length, "member")} stay${members.length === 1 ? "s" : ""} in the gateway. `}
        Past requests and their cost stay in the ledger.
      </p>
    </Confirm>
  );
}
