import type { ReactNode } from "react";
import { toast } from "sonner";
import type { Topic } from "@/api/contract";
import { useWrite } from "@/api/queries";
import { Confirm, Dialog } from "@/components/dialog";
import { Field } from "@/components/field";
import { Select } from "@/components/select";
import { NewForm } from "@/features/forms/new-form";
import type { Fields } from "@/features/forms/use-form";
import { LimitFields } from "@/features/limits/limit-fields";
import { limitsOf } from "@/features/limits/limits";
import { useModelOptions } from "@/features/limits/use-model-options";
import { type MemberForm, memberChange, memberDraft, memberFields, noMember, type Place } from "./member-form";
import type { Member } from "./member-list";
import { personName } from "./names";
import { PersonField } from "./person-field";

interface Props<Role extends string> {
  place: Place<Role>;
  /** What the team or organization is called. */
  name: string;
  topics: Topic[];
  /** What a role comes with, where that needs saying. */
  roleHint: (role: string) => string | undefined;
  add: (draft: ReturnType<typeof memberDraft<Role>>["draft"]) => Promise<unknown>;
  update: (userId: string, change: ReturnType<typeof memberChange<Role>>["draft"]) => Promise<unknown>;
  /** Absent: somebody new. */
  member?: Member;
  onClose: () => void;
}

/** Brings somebody into a team or an organization, or changes what they are and have there. */
export function MemberDialog<Role extends string>(props: Props<Role>) {
  const { place, name, topics, add, update, member, onClose, roleHint } = props;
  const before: MemberForm = member
    ? { who: member.user_id, role: member.role, limits: limitsOf(member.limits ?? {}) }
    : noMember(place);
  const shared = {
    empty: () => before,
    topics,
    fields: memberFields(place),
    testid: "member",
    onMade: () => {
      toast.success(member ? `${personName(member)} is changed.` : `${name} has a new member.`);
      onClose();
    },
  };
  const fieldsOf = (isNew: boolean) => (fields: Fields<MemberForm>) => (
    <MemberFields {...fields} place={place} roleHint={roleHint} isNew={isNew} />
  );
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
          draftOf={(form: MemberForm) => memberChange(place, form, before)}
          create={(change) => update(member.user_id, change)}
          action="Save"
        >
          {fieldsOf(false)}
        </NewForm>
      ) : (
        <NewForm {...shared} draftOf={(form: MemberForm) => memberDraft(place, form)} create={add} action="Add member">
          {fieldsOf(true)}
        </NewForm>
      )}
    </Dialog>
  );
}

function MemberFields({
  form,
  onChange,
  error,
  place,
  roleHint,
  isNew,
}: Fields<MemberForm> & { place: Place<string>; roleHint: (role: string) => string | undefined; isNew: boolean }) {
  const models = useModelOptions();
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
      <Field label="Role" error={error("role")} hint={roleHint(form.role)}>
        {({ id, ...described }) => (
          <Select
            id={id}
            {...described}
            testid="member-role"
            className="w-full"
            options={place.roles}
            value={form.role}
            onChange={(role) => onChange({ ...form, role })}
          />
        )}
      </Field>
      <LimitFields
        testid="member"
        form={form.limits}
        models={models}
        allowed
        nothing="as for all"
        error={(field) => (field === "max_budget" ? (error(place.budget) ?? error(field)) : error(field))}
        onChange={(limits) => onChange({ ...form, limits })}
      />
    </>
  );
}

/** Asks before somebody is taken out; `children` says what they lose. */
export function RemoveMember({
  name,
  member,
  topics,
  remove: take,
  onClose,
  children,
}: {
  name: string;
  member: Member;
  topics: Topic[];
  remove: () => Promise<unknown>;
  onClose: () => void;
  children: ReactNode;
}) {
  const remove = useWrite(take, topics);
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
      {children}
    </Confirm>
  );
}
