import type { Topic } from "@/api/contract";
import { addTeamMember, removeTeamMember, updateTeamMember } from "@/api/people";
import * as people from "@/features/people/member-dialog";
import type { Place } from "@/features/people/member-form";
import type { Member } from "@/features/people/member-list";
import { TEAM_ROLES } from "@/features/people/names";
import { plural } from "@/lib/numbers";

const TOPICS: Topic[] = ["teams", "users"];
const PLACE: Place<"admin" | "user"> = { roles: TEAM_ROLES, usual: "user", budget: "max_budget_in_team" };
const roleHint = (role: string) => (role === "admin" ? "Changes the team, its members and their keys." : undefined);

interface Props {
  team: string;
  name: string;
  onClose: () => void;
}

/** Brings somebody into a team, or changes what they are and have there. */
export function MemberDialog({ team, ...props }: Props & { member?: Member }) {
  return (
    <people.MemberDialog
      {...props}
      place={PLACE}
      topics={TOPICS}
      roleHint={roleHint}
      add={(draft) => addTeamMember(team, draft)}
      update={(userId, change) => updateTeamMember(team, userId, change)}
    />
  );
}

/** `keys`: how many they have in the team. */
export function RemoveMember({ team, keys, ...props }: Props & { member: Member; keys: number }) {
  return (
    <people.RemoveMember
      {...props}
      topics={[...TOPICS, "keys"]}
      remove={() => removeTeamMember(team, props.member.user_id)}
    >
      <p>
        {keys > 0
          ? `${plural(keys, "key")} that they have in the team ${keys === 1 ? "is" : "are"} deleted and refused at once. `
          : "They have no key in the team. "}
        They stay a user, with their own keys and their other teams.
      </p>
    </people.RemoveMember>
  );
}
