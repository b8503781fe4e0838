import { toast } from "sonner";
import type { Topic } from "@/api/contract";
import { addTeamMember, removeTeamMember, updateTeamMember } from "@/api/people";
import { useWrite } from "@/api/queries";
import { Confirm, Dialog } from "@/components/dialog";
import { DollarInput, Field, Input } from "@/components/field";
import { Select } from "@/components/select";
import { NewForm } from "@/features/forms/new-form";
import type { Fields } from "@/features/forms/use-form";
import { limitsOf } from "@/features/limits/limits";
import type { Member } from "@/features/people/member-list";
import { personName, TEAM_ROLES } from "@/features/people/names";
import { PersonField } from "@/features/people/person-field";
import { plural } from "@/lib/numbers";
import { periodsWith } from "@/lib/period";
import { MEMBER_FIELDS, type MemberForm, memberChange, memberDraft, noMember } from "./member-form";

const TOPICS: Topic[] = ["teams", "users"];

/** Brings somebody in, or changes what they are and have in the team. */
export function MemberDialog({
  team,
  name,
  member,
  onClose,
}: {
  team: string;
  name: string;
  /** Absent: somebody new. */
  member?: Member;
  onClose: () => void;
}) {
  const limits = limitsOf({ max_budget: member?.budget, rpm_limit: member?.rpm_limit, tpm_limit: member?.tpm_limit });
  const before: MemberForm = member
    ? {
        who: member.user_id,
        role: member.role,
        max_budget_in_team: limits.max_budget,
        budget_duration: member.period ?? "",
        rpm_limit: limits.rpm_limit,
        tpm_limit: limits.tpm_limit,
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
          create={(change) => updateTeamMember(team, member.user_id, change)}
          action="Save"
        >
          {(fields) => <MemberFields {...fields} isNew={false} />}
        </NewForm>
      ) : (
        <NewForm {...shared} draftOf={memberDraft} create={(draft) => addTeamMember(team, draft)} action="Add member">
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
        hint={form.role === "admin" ? "Changes the team, its members and their keys." : undefined}
      >
        {({ id, ...described }) => (
          <Select
            id={id}
            {...described}
            testid="member-role"
            className="w-full"
            options={TEAM_ROLES}
            value={form.role}
            onChange={(role) => onChange({ ...form, role })}
          />
        )}
      </Field>
      <div className="grid grid-cols-2 gap-3">
        <Field label="Budget in the team" error={error("max_budget_in_team")}>
          {(control) => (
            <DollarInput
              {...control}
              testid="member-max_budget_in_team"
              placeholder="as the team says"
              value={form.max_budget_in_team}
              onValue={(max_budget_in_team) => onChange({ ...form, max_budget_in_team })}
            />
          )}
        </Field>
        <Field label="Resets" error={error("budget_duration")}>
          {({ id, ...described }) => (
            <Select
              id={id}
              {...described}
              className="w-full"
              any="Never, it is a total"
              disabled={form.max_budget_in_team.trim() === ""}
              options={periodsWith(form.budget_duration)}
              value={form.budget_duration}
              onChange={(budget_duration) => onChange({ ...form, budget_duration })}
            />
          )}
        </Field>
        {(["rpm_limit", "tpm_limit"] as const).map((field) => (
          <Field key={field} label={field === "rpm_limit" ? "Requests / min" : "Tokens / min"} error={error(field)}>
            {(control) => (
              <Input
                {...control}
                inputMode="numeric"
                placeholder="as the team says"
                data-testid={`member-${field}`}
                value={form[field]}
                onChange={(event) => onChange({ ...form, [field]: event.target.value })}
              />
            )}
          </Field>
        ))}
      </div>
    </>
  );
}

export function RemoveMember({
  team,
  name,
  member,
  keys,
  onClose,
}: {
  team: string;
  name: string;
  member: Member;
  /** How many keys they have in the team. */
  keys: number;
  onClose: () => void;
}) {
  const remove = useWrite(() => removeTeamMember(team, member.user_id), [...TOPICS, "keys"]);
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
      <p>
        {keys > 0
          ? `${plural(keys, "key")} that they have in the team ${keys === 1 ? "is" : "are"} deleted and refused at once. `
          : "They have no key in the team. "}
        They stay a user, with their own keys and their other teams.
      </p>
    </Confirm>
  );
}
