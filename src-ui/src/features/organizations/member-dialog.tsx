import type { OrganizationRole, OrganizationRow, Topic } from "@/api/contract";
import { addOrganizationMember, removeOrganizationMember, updateOrganizationMember } from "@/api/people";
import * as people from "@/features/people/member-dialog";
import type { Place } from "@/features/people/member-form";
import type { Member } from "@/features/people/member-list";
import { ORGANIZATION_ROLES } from "@/features/people/names";

const TOPICS: Topic[] = ["organizations", "users"];
const PLACE: Place<OrganizationRole> = {
  roles: ORGANIZATION_ROLES,
  usual: "internal_user",
  budget: "max_budget_in_organization",
};
const roleHint = (role: string) => (role === "org_admin" ? "Administers its teams, people and keys." : undefined);

interface Props {
  organization: OrganizationRow;
  onClose: () => void;
}

/** Brings somebody into an organization, or changes their role and their share. */
export function MemberDialog({ organization, ...props }: Props & { member?: Member }) {
  const id = organization.organization_id;
  return (
    <people.MemberDialog
      {...props}
      name={organization.organization_alias}
      place={PLACE}
      topics={TOPICS}
      roleHint={roleHint}
      add={(draft) => addOrganizationMember(id, draft)}
      update={(userId, change) => updateOrganizationMember(id, userId, change)}
    />
  );
}

export function RemoveMember({ organization, ...props }: Props & { member: Member }) {
  return (
    <people.RemoveMember
      {...props}
      name={organization.organization_alias}
      topics={[...TOPICS, "keys"]}
      remove={() => removeOrganizationMember(organization.organization_id, props.member.user_id)}
    >
      <p>They lose their role and their share of its budget, and do not see it any more. They stay a user.</p>
    </people.RemoveMember>
  );
}
