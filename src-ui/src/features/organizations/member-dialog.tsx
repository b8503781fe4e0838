import { toast } from "sonner";
import {
  addOrganizationMember,
  type Draft,
  type OrganizationRow,
  removeOrganizationMember,
  updateOrganizationMember,
} from "@/api/governance";
import { useWrite } from "@/api/queries";
import { Confirm, Dialog } from "@/components/dialog";
import { DollarInput, Field } from "@/components/field";
import { Select } from "@/components/select";
import { NewForm } from "@/features/forms/new-form";
import { limitsOf } from "@/features/limits/limits";
import type { Member } from "@/features/people/member-list";
import { ORGANIZATION_ROLES, personName } from "@/features/people/names";
import { PersonField } from "@/features/people/person-field";
import { MEMBER_FIELDS, memberChange, memberDraft, noMember } from "./organization-form";

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
  const create = (draft: Draft) =>
    member
      ? updateOrganizationMember({ organization_id, user_id: member.user_id, ...draft })
      : addOrganizationMember({ organization_id, ...draft });
  return (
    <Dialog
      open
      onClose={onClose}
      lock
      testid="member-dialog"
      title={member ? `${personName(member)} in ${name}` : `Add to ${name}`}
    >
      <NewForm
        empty={() => before}
        draftOf={(form) => (member ? memberChange(form, before) : memberDraft(form))}
        create={create}
        topics={["organizations", "users"]}
        fields={MEMBER_FIELDS}
        onMade={() => {
          toast.success(member ? `${personName(member)} is changed.` : `${name} has a new member.`);
          onClose();
        }}
        action={member ? "Save" : "Add member"}
        testid="member"
      >
        {({ form, onChange, error }) => (
          <>
            {!member && (
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
        )}
      </NewForm>
    </Dialog>
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
