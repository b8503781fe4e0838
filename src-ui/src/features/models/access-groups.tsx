import { useQuery } from "@tanstack/react-query";
import { Plus, Tags, Trash2 } from "lucide-react";
import { type FormEvent, useMemo, useState } from "react";
import { toast } from "sonner";
import { useAccess } from "@/api/access";
import {
  type AccessGroup,
  createAccessGroup,
  type Deployment,
  deleteAccessGroup,
  listAccessGroups,
  updateAccessGroup,
} from "@/api/governance-keys";
import { useWrite } from "@/api/queries";
import { Button, Skeleton } from "@/components/controls";
import { Confirm, Dialog } from "@/components/dialog";
import { Field, Input } from "@/components/field";
import { fieldErrors } from "@/components/field-errors";
import { Empty, ErrorNotice } from "@/components/notice";
import { Picker, type PickerOption } from "@/components/picker";
import { plural } from "@/lib/numbers";

/** Names that model groups have in common. Those of the configuration file cannot be put into one here. */
export function AccessGroups({ models, onClose }: { models: Deployment[]; onClose: () => void }) {
  const groups = useQuery({ queryKey: ["models", "access groups"], queryFn: listAccessGroups });
  const { may } = useAccess();
  const [removing, setRemoving] = useState<AccessGroup | null>(null);
  const options = useMemo((): PickerOption[] => {
    const stored = models.filter((row) => row.model_info.db_model === true && !row.model_info.team_id);
    return [...new Set(stored.map(({ model_name: name }) => name))]
      .sort()
      .map((name) => ({ value: name, label: name }));
  }, [models]);
  return (
    <>
      <Dialog
        open
        onClose={onClose}
        testid="access-groups-dialog"
        title="Access groups"
        description="A key that is allowed a group may use all models in it, those that are added later, too."
      >
        <div className="grid gap-4">
          {groups.error && <ErrorNotice error={groups.error} onRetry={() => void groups.refetch()} />}
          {groups.isPending && <Skeleton className="w-2/3" />}
          {groups.data?.length === 0 && (
            <Empty icon={Tags} title="No access groups yet" testid="access-empty" className="py-4">
              {options.length > 0
                ? "Name one below, and choose the models that belong together."
                : "Add a deployment first; models of the configuration file are put into groups there."}
            </Empty>
          )}
          {groups.data?.map((group) => (
            <Line key={group.access_group} group={group} options={options} onRemove={() => setRemoving(group)} />
          ))}
          {may("POST /access_group/new") && options.length > 0 && <NewGroup options={options} />}
        </div>
      </Dialog>
      {removing && <RemoveGroup group={removing} onClose={() => setRemoving(null)} />}
    </>
  );
}

function Line({ group, options, onRemove }: { group: AccessGroup; options: PickerOption[]; onRemove: () => void }) {
  const { may } = useAccess();
  const write = useWrite((names: string[]) => updateAccessGroup(group.access_group, names), ["models"]);
  const mine = group.model_names.every((name) => options.some(({ value }) => value === name));
  const [chosen, setChosen] = useState<string[] | null>(null);
  const names = chosen ?? group.model_names;
  return (
    <div className="grid gap-2 rounded-lg border border-line p-3" data-testid="access-group">
      <div className="flex items-center gap-2">
        <p className="min-w-0 flex-1 truncate font-medium text-sm" title={group.access_group}>
          {group.access_group}
        </p>
        <span className="text-faint text-xs">{plural(group.deployment_count, "deployment")}</span>
        {mine && may("DELETE /access_group/{access_group}/delete") && (
          <Button
            variant="ghost"
            size="icon"
            className="size-7"
            aria-label={`Take out ${group.access_group}`}
            data-testid="access-remove"
            onClick={onRemove}
          >
            <Trash2 className="size-4" />
          </Button>
        )}
      </div>
      {mine && may("PUT /access_group/{access_group}/update") ? (
        <div className="flex gap-2">
          <Picker
            multiple
            label={`Models of ${group.access_group}`}
            any="Choose models"
            testid="access-models"
            className="min-w-0 flex-1"
            options={options}
            chosen={names}
            onChange={setChosen}
          />
          {chosen && chosen.length > 0 && (
            <Button
              variant="primary"
              busy={write.isPending}
              data-testid="access-save"
              onClick={() => write.mutate(chosen, { onSuccess: () => setChosen(null) })}
            >
              Save
            </Button>
          )}
        </div>
      ) : (
        <p className="break-words text-muted text-xs">
          {names.join(", ")}
          {!mine && <span className="text-faint"> · in the configuration file, and changed there</span>}
        </p>
      )}
      {write.error && <ErrorNotice error={write.error} />}
    </div>
  );
}

function NewGroup({ options }: { options: PickerOption[] }) {
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<string[]>([]);
  const [tried, setTried] = useState(false);
  const create = useWrite(() => createAccessGroup(name.trim(), chosen), ["models"]);
  const refused = fieldErrors(create.error, ["access_group", "model_names"]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (name.trim() === "" || chosen.length === 0) return;
    create.mutate(undefined, {
      onSuccess: () => {
        toast.success(`Keys can be given ${name.trim()} now.`);
        setName("");
        setChosen([]);
        setTried(false);
      },
    });
  };
  return (
    <form onSubmit={submit} className="grid gap-3 border-line border-t pt-4">
      <div className="grid grid-cols-2 items-start gap-3">
        <Field
          label="New access group"
          error={(tried && name.trim() === "" && "Its name, such as beta.") || refused.at("access_group")}
        >
          {(control) => (
            <Input
              {...control}
              placeholder="beta"
              data-testid="access-name"
              maxLength={256}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Field
          label="Its models"
          error={(tried && chosen.length === 0 && "At least one.") || refused.at("model_names")}
        >
          {({ id }) => (
            <Picker
              id={id}
              multiple
              label="Its models"
              any="Choose models"
              testid="access-new-models"
              className="w-full"
              options={options}
              chosen={chosen}
              onChange={setChosen}
            />
          )}
        </Field>
      </div>
      {refused.rest ? <ErrorNotice error={refused.rest} /> : null}
      <div className="flex justify-end">
        <Button type="submit" busy={create.isPending} data-testid="access-create">
          <Plus className="size-4" /> Make the group
        </Button>
      </div>
    </form>
  );
}

function RemoveGroup({ group, onClose }: { group: AccessGroup; onClose: () => void }) {
  const remove = useWrite(() => deleteAccessGroup(group.access_group), ["models"]);
  return (
    <Confirm
      open
      onClose={onClose}
      title={`Take out ${group.access_group}?`}
      action="Take out"
      busy={remove.isPending}
      error={remove.error}
      testid="remove-access-group"
      onConfirm={() => remove.mutate(undefined, { onSuccess: onClose })}
    >
      <p>
        Keys and teams that were given {group.access_group} may no longer use {group.model_names.join(", ")}, unless
        something else allows it. The models themselves stay.
      </p>
    </Confirm>
  );
}
