import { toast } from "sonner";
import type { OrganizationRow, Topic } from "@/api/contract";
import { addOrganizationMember, removeOrganizationMember, updateOrganizationMember } from "@/api/people";
import { useWrite } from "@/api/queries";
import { Confirm, Dialog } from "@/components/dialog";
import { DollarInput, Field } from "@/components/field";
import { Select } from "@/components/select";
import { NewForm } from "@/features/forms/new-form";
import type { Fields } from "@/features/forms/use-form";
import { limitsOf } from "@/features/limits/limits";
import type { Member } from "@/features/people/member-list";
import { ORGANIZATION_ROLES, personName } from "@/features/people/names";
import { PersonField } from "@/features/people/person-field";
import { MEMBER_FIELDS, type MemberForm, memberChange, memberDraft, noMember } from "./organization-form";

const TOPICS: Topic[] = ["organizations", "users"];

/** Brings somebody in, or changes their role and their share. */
export function MemberDialog({
  organization,
  member,
  onClose,
}: {
  organization: OrganizationRow;
  /** Absent: somebody new. */
  member?: Member;
  onClose: () => void;
}) {
  const { organization_id, organization_alias: name } = organization;
  const before = member
    ? {
        who: member.user_id,
        role: member.role,
        max_budget_in_organization: limitsOf({ max_budget: member.budget }).max_budget,
      }
    : noMember();
  const shared = {
    empty: () => before,
    topics: TOPICS,
    fields: MEMBER_FIELDS,
    testid: "member",
    onMade: () => {
      toast.success(member ? `${personName(member)} is changed.` : `${name} has a new member.`);
      onClose();
    },
  };
  return (
    <Dialog
      open
      onClose={onClose}
      lock
      testid="member-dialog"
      title={member ? `${personName(member)} in ${name}` : `Add to ${name}`}
    >
      {member ? (
        <NewForm
          {...shared}
          draftOf={(form: MemberForm) => memberChange(form, before)}
          create={(change) => updateOrganizationMember(organization_id, member.user_id, change)}
          action="Save"
        >
          {(fields) => <MemberFields {...fields} isNew={false} />}
        </NewForm>
      ) : (
        <NewForm
          {...shared}
          draftOf={memberDraft}
          create={(draft) => addOrganizationMember(organization_id, draft)}
          action="Add member"
        >
          {(fields) => <MemberFields {...fields} isNew />}
        </NewForm>
      )}
    </Dialog>
  );
}

function MemberFields({ form, onChange, error, isNew }: Fields<MemberForm> & { isNew: boolean }) {
  return (
    <>
      {isNew && (
        <PersonField
          testid="member-who"
          value={form.who}
          error={error("user_email") ?? error("user_id")}
          onChange={(who) => onChange({ ...form, who })}
        />
      )}
      <Field
        label="Role"
        error={error("role")}
        hint={form.role === "org_admin" ? "Administers its teams, people and keys." : undefined}
      >
        {({ id, ...described }) => (
          <Select
            id={id}
            {...described}
            testid="member-role"
            className="w-full"
            options={ORGANIZATION_ROLES}
            value={form.role}
            onChange={(role) => onChange({ ...form, role })}
          />
        )}
      </Field>
      <Field
        label="Share of its budget"
        error={error("max_budget_in_organization")}
        hint="What they may spend in it at most."
      >
        {(control) => (
          <DollarInput
            {...control}
            testid="member-max_budget_in_organization"
            value={form.max_budget_in_organization}
            onValue={(max_budget_in_organization) => onChange({ ...form, max_budget_in_organization })}
          />
        )}
      </Field>
    </>
  );
}

export function RemoveMember({
  organization,
  member,
  onClose,
}: {
  organization: OrganizationRow;
  member: Member;
  onClose: () => void;
}) {
  const { organization_id, organization_alias: name } = organization;
  const remove = useWrite(
    () => removeOrganizationMember(organization_id, member.user_id),
    ["organizations", "users", "keys"],
  );
  const who = personName(member);
  return (
    <Confirm
      open
      onClose={onClose}
      title={`Take ${who} out of ${name}?`}
      action="Take out"
      busy={remove.isPending}
      error={remove.error}
      testid="remove-member"
      onConfirm={() =>
        remove.mutate(undefined, {
          onSuccess: () => {
            toast.success(`${who} is no member of ${name} any more.`);
            onClose();
          },
        })
      }
    >
      <p>They lose their role and their share of its budget, and do not see it any more. They stay a user.</p>
    </Confirm>
  );
}
