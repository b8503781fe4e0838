import { Boxes, Lock, Pencil, Trash2 } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { useAccess } from "@/api/access";
import { deleteDeployment, getGroups, makePublic } from "@/api/governance-keys";
import { useModelGroups, useStatus, useWrite } from "@/api/queries";
import { Badge, Button, Switch } from "@/components/controls";
import { CodeBlock, CopyButton } from "@/components/copy";
import { Confirm, Drawer } from "@/components/dialog";
import { Empty, ErrorNotice } from "@/components/notice";
import { Fact, Facts, Section } from "@/components/page";
import { curlLine, fallbackBaseUrl } from "@/features/keys/snippets";
import { useTeamNames } from "@/features/pickers/use-found";
import { perMillion } from "@/lib/money";
import { count } from "@/lib/numbers";
import { fullTime, relative } from "@/lib/time";
import { useNow } from "@/lib/use-hooks";
import type { Shown } from "./deployment";
import { EditDeployment } from "./deployment-form";
import { WHY } from "./deployment-table";

export function DeploymentDrawer({
  id,
  row,
  loading,
  isPublic,
  onClose,
}: {
  id: string | undefined;
  row: Shown | undefined;
  loading: boolean;
  isPublic: Set<string>;
  onClose: () => void;
}) {
  const [editing, setEditing] = useState<string | null>(null);
  const [removing, setRemoving] = useState<Shown | null>(null);
  const { may } = useAccess();
  return (
    <>
      <Drawer
        open={id !== undefined}
        onClose={onClose}
        testid="deployment-drawer"
        title={row?.group ?? "Deployment"}
        actions={
          row && (
            <CopyButton iconOnly variant="ghost" size="icon" text={row.group} label="Copy the model group's name" />
          )
        }
      >
        {!row && !loading && (
          <Empty icon={Boxes} title="There is no such deployment" testid="deployment-unknown">
            It was removed, or it is not yours to see.
          </Empty>
        )}
        {row && editing === row.id ? (
          <EditDeployment row={row} onDone={() => setEditing(null)} />
        ) : (
          row && (
            <>
              {row.readOnly ? (
                <p
                  className="flex items-start gap-2 border-line border-b bg-sunken px-5 py-3 text-muted text-sm"
                  data-testid="deployment-readonly"
                >
                  <Lock aria-hidden className="mt-0.5 size-4 shrink-0 text-faint" />
                  {WHY[row.readOnly]}
                </p>
              ) : (
                (may("PATCH /model/{model_id}/update") || may("POST /model/delete")) && (
                  <div className="flex gap-2 border-line border-b px-5 py-3">
                    {may("PATCH /model/{model_id}/update") && (
                      <Button size="sm" data-testid="deployment-edit" onClick={() => setEditing(row.id)}>
                        <Pencil className="size-3.5" /> Edit
                      </Button>
                    )}
                    {may("POST /model/delete") && (
                      <Button
                        size="sm"
                        variant="danger-ghost"
                        className="ml-auto"
                        data-testid="deployment-remove"
                        onClick={() => setRemoving(row)}
                      >
                        <Trash2 className="size-3.5" /> Remove
                      </Button>
                    )}
                  </div>
                )
              )}
              <Detail row={row} isPublic={isPublic.has(row.group)} />
            </>
          )
        )}
      </Drawer>
      {removing && (
        <RemoveDeployment
          row={removing}
          onClose={() => setRemoving(null)}
          onRemoved={() => {
            setRemoving(null);
            onClose();
          }}
        />
      )}
    </>
  );
}

const none = <span className="text-faint">none</span>;
const list = (words: string[]) =>
  words.length === 0 ? (
    none
  ) : (
    <span className="flex flex-wrap gap-1">
      {words.map((word) => (
        <Badge key={word} className="h-auto min-h-5 whitespace-normal break-all font-normal">
          {word}
        </Badge>
      ))}
    </span>
  );

function Detail({ row, isPublic }: { row: Shown; isPublic: boolean }) {
  const now = useNow();
  const { may } = useAccess();
  const status = useStatus();
  const teamName = useTeamNames(row.team !== null && may("GET /v2/team/list"));
  const limit = (value: number | null) =>
    value === null ? <span className="text-faint">no limit</span> : count(value);
  // Dollars per token, as LiteLLM has it.
  const price = (dollars: number | null) =>
    dollars === null ? (
      <span className="text-faint">unpriced</span>
    ) : (
      `${perMillion(Math.round(dollars * 1e12))} per 1M tokens`
    );
  return (
    <>
      <Section title="Deployment">
        <Facts>
          <Fact name="Asks">
            <code className="break-all font-mono text-xs">{row.model}</code>
          </Fact>
          <Fact name="At">
            {row.apiBase ? (
              <span className="break-all">{row.apiBase}</span>
            ) : (
              <span className="text-faint">the provider's own address</span>
            )}
          </Fact>
          <Fact name="Requests / min">{limit(row.rpm)}</Fact>
          <Fact name="Tokens / min">{limit(row.tpm)}</Fact>
          <Fact name="Weight">{row.weight ?? <span className="text-faint">as the others</span>}</Fact>
          <Fact name="Tags">{list(row.tags)}</Fact>
          <Fact name="Input">{price(row.inputPrice)}</Fact>
          <Fact name="Output">{price(row.outputPrice)}</Fact>
          {!row.readOnly && row.createdAt && (
            <Fact name="Made">
              <span title={fullTime(row.createdAt)}>{relative(row.createdAt, now)}</span>
              {row.createdBy && ` by ${row.createdBy}`}
            </Fact>
          )}
        </Facts>
      </Section>
      <Section title="Who may use it">
        <Facts>
          <Fact name="Team">{row.team ? teamName(row.team) : <span className="text-faint">everybody's</span>}</Fact>
          <Fact name="Access groups">{list(row.accessGroups)}</Fact>
        </Facts>
        {!row.team && <PublicSwitch group={row.group} isPublic={isPublic} />}
      </Section>
      <Section title="Call it">
        <CodeBlock
          label="curl command"
          code={curlLine({
            baseUrl: status.data?.base_url ?? fallbackBaseUrl(status.data),
            key: "$POSTERN_KEY",
            model: row.group,
          })}
        />
      </Section>
    </>
  );
}

/** Public groups are read anew before one is added: the route takes all of them at once. */
function PublicSwitch({ group, isPublic }: { group: string; isPublic: boolean }) {
  const { may } = useAccess();
  const write = useWrite(
    async (on: boolean) => {
      const all = (await getGroups())
        .filter((known) => known.is_public_model_group)
        .map(({ model_group: name }) => name);
      return makePublic(on ? [...new Set([...all, group])] : all.filter((name) => name !== group));
    },
    ["models"],
  );
  if (!may("POST /model_group/make_public")) return null;
  return (
    <div className="mt-3 grid gap-1">
      {/* biome-ignore lint/a11y/noLabelWithoutControl: the switch is the control */}
      <label className="flex items-center gap-2 text-sm">
        <Switch
          checked={isPublic}
          disabled={write.isPending}
          onCheckedChange={(on) => write.mutate(on)}
          data-testid="group-public"
        />
        Listed for everybody
      </label>
      <p className="text-faint text-xs">
        Its name, prices and limits are shown at <code className="font-mono">/public/model_hub</code>, with or without a
        key. Calling it still needs one.
      </p>
      {write.error && <ErrorNotice error={write.error} />}
    </div>
  );
}

function RemoveDeployment({ row, onClose, onRemoved }: { row: Shown; onClose: () => void; onRemoved: () => void }) {
  const remove = useWrite(() => deleteDeployment(row.id), ["models", "catalogue"]);
  const others = (useModelGroups().data ?? []).filter(
    (known) =>
      known.model_name === row.group &&
      known.model_info.id !== row.id &&
      (known.model_info.team_id ?? null) === row.team,
  ).length;
  return (
    <Confirm
      open
      onClose={onClose}
      title={`Remove ${row.model} from ${row.group}?`}
      action="Remove deployment"
      busy={remove.isPending}
      error={remove.error}
      testid="remove-deployment"
      onConfirm={() =>
        remove.mutate(undefined, {
          onSuccess: () => {
            toast.success(`${row.model} is no longer behind ${row.group}.`);
            onRemoved();
          },
        })
      }
    >
      {others > 0 ? (
        <p>
          {row.group} goes on with {others === 1 ? "its other deployment" : `its ${others} other deployments`}.
        </p>
      ) : (
        <p>
          It is the only deployment of <strong className="font-medium text-text">{row.group}</strong>: callers who send
          that name are refused from then on, and keys that may use only it can call nothing.
        </p>
      )}
      <p>Its settings and the key that it may have in the vault are lost. Past requests and their cost stay.</p>
    </Confirm>
  );
}
