import { useState } from "react";
import type { NewUser } from "@/api/contract";
import { createUser } from "@/api/people";
import { Button, Switch } from "@/components/controls";
import { Dialog } from "@/components/dialog";
import { Field } from "@/components/field";
import { Picker } from "@/components/picker";
import { NewForm } from "@/features/forms/new-form";
import type { Fields } from "@/features/forms/use-form";
import { personName } from "@/features/people/names";
import { OrganizationField } from "@/features/people/organization-field";
import { useTeamChoices } from "@/features/people/use-choices";
import { InvitationLink } from "./invitation-link";
import { AllowanceFold, PersonFields } from "./user-fields";
import { noUser, USER_FIELDS, type UserForm, userDraft } from "./user-form";

export function NewUserDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [made, setMade] = useState<NewUser | null>(null);
  const close = () => {
    setMade(null);
    onClose();
  };
  return (
    <Dialog
      open={open}
      onClose={close}
      lock
      testid="new-user-dialog"
      title={made ? `${personName(made)} is added` : "Add a user"}
      description={made ? undefined : "A person with a role, and with keys, spend and limits of their own."}
      footer={
        made && (
          <Button onClick={close} data-testid="new-user-done">
            {made.invitation_url ? "I have copied it" : "Done"}
          </Button>
        )
      }
    >
      {made ? (
        made.invitation_url ? (
          <InvitationLink url={made.invitation_url} who={personName(made)} />
        ) : (
          <p className="text-muted">They cannot sign in yet: make them an invitation link when they should.</p>
        )
      ) : (
        <NewUserForm onMade={setMade} />
      )}
    </Dialog>
  );
}

function NewUserForm({ onMade }: { onMade: (user: NewUser) => void }) {
  const [invite, setInvite] = useState(true);
  return (
    <NewForm
      empty={noUser}
      draftOf={(form) => userDraft(form, invite)}
      create={createUser}
      topics={["users", "teams"]}
      fields={USER_FIELDS}
      onMade={onMade}
      action="Add user"
      testid="user"
      aside={
        // biome-ignore lint/a11y/noLabelWithoutControl: the switch is the control
        <label className="flex items-center gap-2 text-sm">
          <Switch checked={invite} onCheckedChange={setInvite} data-testid="user-invite" />
          With an invitation link
        </label>
      }
    >
      {(fields) => (
        <>
          <PersonFields {...fields} isNew />
          <OrganizationField
            testid="user-organization_id"
            value={fields.form.organization_id}
            error={fields.error("organization_id")}
            onChange={(organization_id) => fields.onChange({ ...fields.form, organization_id })}
          />
          <TeamsField {...fields} />
          <AllowanceFold {...fields} />
        </>
      )}
    </NewForm>
  );
}

function TeamsField({ form, onChange, error }: Fields<UserForm>) {
  const choices = useTeamChoices(form.teams);
  return (
    <Field label="Teams" optional error={error("teams")}>
      {(control) => (
        <Picker
          {...control}
          {...choices}
          multiple
          label="Teams"
          any="None"
          testid="user-teams"
          className="w-full"
          chosen={form.teams}
          onChange={(teams) => onChange({ ...form, teams })}
        />
      )}
    </Field>
  );
}
