import type { TeamRow } from "@/api/contract";
import { createTeam } from "@/api/people";
import { Dialog } from "@/components/dialog";
import { NewForm } from "@/features/forms/new-form";
import { teamName } from "@/features/people/names";
import { TeamFields } from "./team-fields";
import { noTeam, TEAM_FIELDS, teamDraft } from "./team-form";

/** Who made it goes on to its members. */
export function NewTeam({
  open,
  onClose,
  onMade,
  organization,
}: {
  open: boolean;
  onClose: () => void;
  onMade: (team: TeamRow) => void;
  organization?: string;
}) {
  return (
    <Dialog
      open={open}
      onClose={onClose}
      lock
      testid="new-team-dialog"
      title="Make a team"
      description="People and keys that share models, limits and a budget."
    >
      <NewForm
        empty={() => noTeam(organization)}
        draftOf={teamDraft}
        create={createTeam}
        topics={["teams", "organizations", "users"]}
        fields={TEAM_FIELDS}
        onMade={onMade}
        saying={(made) => `${teamName(made)} is made.`}
        action="Make team"
        testid="team"
      >
        {(fields) => <TeamFields {...fields} placed />}
      </NewForm>
    </Dialog>
  );
}
