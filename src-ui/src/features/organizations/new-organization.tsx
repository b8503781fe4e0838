import type { OrganizationRow } from "@/api/contract";
import { createOrganization } from "@/api/people";
import { Dialog } from "@/components/dialog";
import { NewForm } from "@/features/forms/new-form";
import { OrganizationFields } from "./organization-fields";
import { noOrganization, ORGANIZATION_FIELDS, organizationDraft } from "./organization-form";

export function NewOrganization({
  open,
  onClose,
  onMade,
}: {
  open: boolean;
  onClose: () => void;
  onMade: (organization: OrganizationRow) => void;
}) {
  return (
    <Dialog
      open={open}
      onClose={onClose}
      lock
      testid="new-organization-dialog"
      title="Make an organization"
      description="Teams and people apart from all others, with administrators of their own."
    >
      <NewForm
        empty={noOrganization}
        draftOf={organizationDraft}
        create={createOrganization}
        topics={["organizations"]}
        fields={ORGANIZATION_FIELDS}
        onMade={onMade}
        saying={(made) => `${made.organization_alias} is made.`}
        action="Make organization"
        testid="organization"
      >
        {(fields) => <OrganizationFields {...fields} />}
      </NewForm>
    </Dialog>
  );
}
