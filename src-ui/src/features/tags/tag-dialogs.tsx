import { toast } from "sonner";
import type { TagRow } from "@/api/contract";
import { createTag, deleteTag } from "@/api/people";
import { useWrite } from "@/api/queries";
import { Confirm, Dialog } from "@/components/dialog";
import { NewForm } from "@/features/forms/new-form";
import { dollars } from "@/lib/money";
import { TagFields } from "./tag-fields";
import { noTag, TAG_FIELDS, tagDraft } from "./tag-form";

export function NewTag({
  open,
  onClose,
  onMade,
}: {
  open: boolean;
  onClose: () => void;
  onMade: (tag: TagRow) => void;
}) {
  return (
    <Dialog
      open={open}
      onClose={onClose}
      lock
      testid="new-tag-dialog"
      title="Make a tag"
      description="A word that requests carry, with limits that hold for all of them together."
    >
      <NewForm
        empty={noTag}
        draftOf={tagDraft}
        create={createTag}
        topics={["tags", "models"]}
        fields={TAG_FIELDS}
        onMade={onMade}
        saying={(made) => `${made.name} is made.`}
        action="Make tag"
        testid="tag"
      >
        {(fields) => <TagFields {...fields} isNew />}
      </NewForm>
    </Dialog>
  );
}

export function DeleteTag({ tag, onClose, onDeleted }: { tag: TagRow; onClose: () => void; onDeleted: () => void }) {
  const remove = useWrite(() => deleteTag(tag.name), ["tags", "models"]);
  return (
    <Confirm
      open
      onClose={onClose}
      title={`Delete ${tag.name}?`}
      action="Delete tag"
      busy={remove.isPending}
      error={remove.error}
      testid="delete-tag"
      onConfirm={() =>
        remove.mutate(undefined, {
          onSuccess: () => {
            toast.success(`${tag.name} is deleted.`);
            onDeleted();
          },
        })
      }
    >
      <p>
        {tag.litellm_budget_table
          ? "Its limits are lost: requests that carry it are not held back any more."
          : "It has no limits: requests that carry it go on as before."}
        {tag.models && tag.models.length > 0 && " Deployments are not kept for it any more."}
      </p>
      <p>
        {tag.spend > 0 ? `The ${dollars(tag.spend)} spent under its name stay` : "What was spent under its name stays"}{" "}
        in the ledger, and keys and teams keep carrying it.
      </p>
    </Confirm>
  );
}
