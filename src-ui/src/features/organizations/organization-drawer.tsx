import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Ban, CirclePlay, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { type Access, useAccess } from "@/api/access";
import type { OrganizationRow } from "@/api/contract";
import { getOrganization, updateOrganization } from "@/api/people";
import { useWrite } from "@/api/queries";
import { Badge, Button } from "@/components/controls";
import { MenuItem, MenuLine } from "@/components/menu";
import { ErrorNotice } from "@/components/notice";
import { Fact, Facts, Section } from "@/components/page";
import { ResourceDrawer } from "@/components/resource-drawer";
import type { Tab } from "@/components/tabs";
import { UsageBar } from "@/components/usage-bar";
import { EditForm } from "@/features/forms/edit-form";
import { LiveUsage } from "@/features/limits/live-usage";
import { namedBudget } from "@/features/limits/named";
import { modelWords } from "@/features/limits/usage";
import { type Member, MemberList } from "@/features/people/member-list";
import { organizationRoleName, teamName } from "@/features/people/names";
import { fullTime } from "@/lib/time";
import { DeleteOrganization } from "./delete-organization";
import { MemberDialog, RemoveMember } from "./member-dialog";
import { OrganizationFields } from "./organization-fields";
import { limitsOfOrganization, ORGANIZATION_FIELDS, organizationChange, organizationFormOf } from "./organization-form";

/** The administrator, and those whom the organization has as its own. */
const mayChange = (access: Access, { organization_id }: OrganizationRow) => access.leads(organization_id);

const memberOf = (row: OrganizationRow["members"][number]): Member => ({
  user_id: row.user_id,
  user_email: row.user_email,
  user_alias: row.user?.user_alias,
  role: row.user_role,
  spend: row.spend,
  limits: row.litellm_budget_table,
  resetsAt: row.litellm_budget_table?.budget_reset_at,
});

export function OrganizationDrawer({ id, onClose }: { id: string | undefined; onClose: () => void }) {
  const access = useAccess();
  const found = useQuery({
    queryKey: ["organizations", "one", id],
    queryFn: () => getOrganization(id!),
    enabled: id !== undefined,
  });
  const row = found.data;
  const [deleting, setDeleting] = useState(false);
  const block = useWrite((blocked: boolean) => updateOrganization(id!, { blocked }), ["organizations"]);
  const name = row?.organization_alias || (id ?? "");
  const change = row !== undefined && mayChange(access, row);
  const mayDelete = access.may("DELETE /organization/delete");
  const toggle = (blocked: boolean) =>
    block.mutate(blocked, {
      onSuccess: () =>
        toast.success(blocked ? `${name} is blocked; nobody may use anything of it.` : `${name} works again.`),
    });
  return (
    <ResourceDrawer
      open={id !== undefined}
      onClose={onClose}
      title={name}
      label="Parts of the organization"
      testid="organization-drawer"
      loading={found.isPending}
      error={row ? null : found.error}
      onRetry={() => void found.refetch()}
      before={block.error ? <ErrorNotice error={block.error} className="m-4" /> : null}
      menu={
        change && (
          <>
            <MenuItem data-testid="organization-block" onSelect={() => toggle(!row.blocked)}>
              {row.blocked ? (
                <CirclePlay aria-hidden className="size-4 text-faint" />
              ) : (
                <Ban aria-hidden className="size-4 text-faint" />
              )}
              {row.blocked ? "Unblock" : "Block"}
            </MenuItem>
            {mayDelete && (
              <>
                <MenuLine />
                <MenuItem danger data-testid="organization-delete" onSelect={() => setDeleting(true)}>
                  <Trash2 aria-hidden className="size-4" /> Delete
                </MenuItem>
              </>
            )}
          </>
        )
      }
      tabs={row ? tabsOf(row, access, change) : []}
    >
      {deleting && row && (
        <DeleteOrganization
          organization={row}
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

function tabsOf(row: OrganizationRow, access: Access, change: boolean): Tab[] {
  const tabs: Tab[] = [
    { id: "usage", label: "Usage", content: <OrganizationUsage row={row} /> },
    {
      id: "teams",
      label: "Teams",
      count: row.teams.length,
      content: <Teams row={row} mayMake={change} />,
    },
    {
      id: "members",
      label: "Members",
      count: row.members.length,
      content: <Members row={row} mayChange={change} linked={access.may("GET /user/list")} />,
    },
  ];
  if (change) {
    tabs.push({
      id: "settings",
      label: "Settings",
      content: (
        <EditForm
          current={organizationFormOf(row)}
          changeOf={organizationChange}
          save={(draft) => updateOrganization(row.organization_id, draft).then(organizationFormOf)}
          topics={["organizations"]}
          fields={ORGANIZATION_FIELDS}
          name={row.organization_alias}
          testid="organization"
        >
          {(fields) => <OrganizationFields {...fields} />}
        </EditForm>
      ),
    });
  }
  return tabs;
}

function OrganizationUsage({ row }: { row: OrganizationRow }) {
  return (
    <>
      <Section title="Spend of everything in it">
        <LiveUsage
          of="organization"
          id={row.organization_id}
          row={limitsOfOrganization(row)}
          testid="organization-usage"
        />
      </Section>
      <Section title="What it is">
        <Facts>
          {row.blocked && (
            <Fact name="State">
              <Badge tone="bad">blocked</Badge>
            </Fact>
          )}
          <Fact name="Models">{modelWords(row.models)}</Fact>
          {namedBudget(row) && <Fact name="Named budget">{namedBudget(row)}</Fact>}
          <Fact name="Id">
            <code className="break-all font-mono text-xs">{row.organization_id}</code>
          </Fact>
          <Fact name="Made">{fullTime(row.created_at)}</Fact>
        </Facts>
      </Section>
    </>
  );
}

function Teams({ row, mayMake }: { row: OrganizationRow; mayMake: boolean }) {
  const navigate = useNavigate();
  return (
    <div className="grid grid-cols-1 gap-3 px-5 py-4">
      {mayMake && (
        <div className="flex justify-end">
          <Button
            onClick={() => void navigate({ to: "/teams", search: { of: row.organization_id, new: true } })}
            data-testid="organization-team-new"
          >
            <Plus className="size-4" /> Make team
          </Button>
        </div>
      )}
      {row.teams.length === 0 && <p className="text-muted">No team yet. Its teams share its models and its budget.</p>}
      <ul className="divide-y divide-line">
        {row.teams.map((team) => (
          <li key={team.team_id} className="flex items-center gap-3 py-2" data-testid="organization-team">
            <span className="flex min-w-0 flex-1 items-center gap-2">
              <Link
                to="/teams"
                search={{ open: team.team_id }}
                title={teamName(team)}
                className="truncate rounded hover:underline"
              >
                {teamName(team)}
              </Link>
              {team.blocked && <Badge tone="bad">blocked</Badge>}
            </span>
            <UsageBar
              dense
              name={`Budget of ${teamName(team)}`}
              used={team.spend}
              limit={team.max_budget}
              className="w-36 shrink-0"
            />
          </li>
        ))}
      </ul>
    </div>
  );
}

function Members({ row, mayChange: change, linked }: { row: OrganizationRow; mayChange: boolean; linked: boolean }) {
  const [adding, setAdding] = useState(false);
  const [editing, setEditing] = useState<Member | null>(null);
  const [removing, setRemoving] = useState<Member | null>(null);
  return (
    <>
      <MemberList
        members={row.members.map(memberOf)}
        roleName={organizationRoleName}
        leader="org_admin"
        linked={linked}
        empty="Nobody is in it yet. An organization administrator makes its teams and adds its people."
        {...(change && { onAdd: () => setAdding(true), onEdit: setEditing, onRemove: setRemoving })}
      />
      {adding && <MemberDialog organization={row} onClose={() => setAdding(false)} />}
      {editing && <MemberDialog organization={row} member={editing} onClose={() => setEditing(null)} />}
      {removing && <RemoveMember organization={row} member={removing} onClose={() => setRemoving(null)} />}
    </>
  );
}
