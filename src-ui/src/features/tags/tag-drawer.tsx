import { Link } from "@tanstack/react-router";
import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { useAccess } from "@/api/access";
import type { TagRow } from "@/api/contract";
import { createTag, updateTag } from "@/api/people";
import { useWrite } from "@/api/queries";
import { Button } from "@/components/controls";
import { MenuItem } from "@/components/menu";
import { ErrorNotice } from "@/components/notice";
import { Fact, Facts, Section } from "@/components/page";
import { ResourceDrawer } from "@/components/resource-drawer";
import { EditForm } from "@/features/forms/edit-form";
import { LiveUsage } from "@/features/limits/live-usage";
import { namedBudget } from "@/features/limits/named";
import { makerName } from "@/features/people/names";
import { dollars } from "@/lib/money";
import { fullTime } from "@/lib/time";
import { DeleteTag } from "./tag-dialogs";
import { TagFields, useDeploymentOptions } from "./tag-fields";
import { isOnlySeen, TAG_FIELDS, tagChange, tagFormOf } from "./tag-form";
import { useTags } from "./use-tags";

export function TagDrawer({ id, onClose }: { id: string | undefined; onClose: () => void }) {
  const access = useAccess();
  const tags = useTags();
  const tag = tags.data?.find(({ name }) => name === id);
  const [deleting, setDeleting] = useState(false);
  const made = tag !== undefined && !isOnlySeen(tag);
  const mayChange = made && access.may("POST /tag/new");
  return (
    <ResourceDrawer
      open={id !== undefined}
      onClose={onClose}
      title={id ?? ""}
      label="Parts of the tag"
      testid="tag-drawer"
      loading={tags.isPending}
      error={tag ? null : (tags.error ?? (tags.data && `There is no tag ${id}.`))}
      onRetry={() => void tags.refetch()}
      menu={
        mayChange && (
          <MenuItem danger data-testid="tag-delete" onSelect={() => setDeleting(true)}>
            <Trash2 aria-hidden className="size-4" /> Delete
          </MenuItem>
        )
      }
      tabs={
        tag
          ? [
              { id: "usage", label: "Usage", content: <Usage tag={tag} /> },
              ...(mayChange
                ? [
                    {
                      id: "settings",
                      label: "Settings",
                      content: (
                        <EditForm
                          current={tagFormOf(tag)}
                          changeOf={tagChange}
                          save={(change) => updateTag({ name: tag.name, ...change }).then(tagFormOf)}
                          topics={["tags", "models"]}
                          fields={TAG_FIELDS}
                          name={tag.name}
                          testid="tag"
                        >
                          {(fields) => <TagFields {...fields} />}
                        </EditForm>
                      ),
                    },
                  ]
                : []),
            ]
          : []
      }
    >
      {deleting && tag && (
        <DeleteTag
          tag={tag}
          onClose={() => setDeleting(false)}
          onDeleted={() => {
            setDeleting(false);
            onClose();
          }}
        />
      )}
    </ResourceDrawer>
  );
}

function Usage({ tag }: { tag: TagRow }) {
  const limits = tag.litellm_budget_table ?? {};
  const deployments = useDeploymentOptions(tag.models ?? []);
  const access = useAccess();
  const labels = (tag.models ?? []).map((one) => deployments.find(({ value }) => value === one)?.label ?? one);
  if (isOnlySeen(tag)) return <OnlySeen tag={tag} mayMake={access.may("POST /tag/new")} />;
  return (
    <>
      <Section title="Spend of requests that carry it">
        <LiveUsage of="tag" id={tag.name} row={{ ...limits, spend: tag.spend }} testid="tag-usage" />
      </Section>
      <Section title="What it is">
        <Facts>
          <Fact name="Description">{tag.description || <span className="text-faint">none</span>}</Fact>
          {labels.length > 0 && <Fact name="Deployments">{labels.join(", ")}</Fact>}
          {namedBudget(tag) && (
            <Fact name="Named budget">
              <Link to="/budgets" search={{ open: namedBudget(tag) }} className="hover:underline">
                {namedBudget(tag)}
              </Link>
            </Fact>
          )}
          <Fact name="Made">
            {fullTime(tag.created_at)}
            {tag.created_by && ` by ${makerName(tag.created_by)}`}
          </Fact>
        </Facts>
      </Section>
    </>
  );
}

/** A word that requests carry: what it cost, and the way to give it limits. */
function OnlySeen({ tag, mayMake }: { tag: TagRow; mayMake: boolean }) {
  const make = useWrite(() => createTag({ name: tag.name }), ["tags"]);
  return (
    <>
      <Section title="Spend of requests that carry it">
        <p className="font-medium text-sm" data-testid="tag-usage">
          {dollars(tag.spend)}
        </p>
        <p className="mt-1 text-faint text-xs">First seen {fullTime(tag.created_at)}</p>
      </Section>
      <Section title="Limits">
        <p className="text-muted text-sm">
          Requests carry this word; nobody made a tag of it, so it has no limits. What it cost is counted all the same.
        </p>
        {mayMake && (
          <Button
            className="mt-3"
            busy={make.isPending}
            data-testid="tag-adopt"
            onClick={() =>
              make.mutate(undefined, { onSuccess: () => toast.success(`${tag.name} is a tag now; set its limits.`) })
            }
          >
            <Plus className="size-4" /> Make it a tag
          </Button>
        )}
        {make.error ? <ErrorNotice error={make.error} className="mt-3" /> : null}
      </Section>
    </>
  );
}
