import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Ban, CirclePlay, Trash2 } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { type Access, useAccess } from "@/api/access";
import type { TeamInfo, TeamRow } from "@/api/contract";
import { blockTeam, getTeam, updateTeam } from "@/api/people";
import { useWrite } from "@/api/queries";
import { Badge } from "@/components/controls";
import { MenuItem, MenuLine } from "@/components/menu";
import { ErrorNotice } from "@/components/notice";
import { Fact, Facts, Section } from "@/components/page";
import { ResourceDrawer } from "@/components/resource-drawer";
import type { Tab } from "@/components/tabs";
import { AliasWords } from "@/features/advanced/alias-words";
import { EditForm } from "@/features/forms/edit-form";
import { LiveUsage } from "@/features/limits/live-usage";
import { modelWords } from "@/features/limits/usage";
import { KeyList } from "@/features/people/key-list";
import { type Member, MemberList } from "@/features/people/member-list";
import { teamName, teamRoleName } from "@/features/people/names";
import { useOrganizationOptions } from "@/features/people/use-choices";
import { fullTime } from "@/lib/time";
import { DeleteTeam } from "./delete-team";
import { MemberDialog, RemoveMember } from "./member-dialog";
import { Permissions } from "./permissions";
import { TeamFields } from "./team-fields";
import { TEAM_FIELDS, teamChange, teamFormOf } from "./team-form";

/** Whether somebody may change a team: the administrator, and those whom it or its organization has as its own. */
export function mayChangeTeam(access: Access, team: TeamRow) {
  if (access.leads(team.organization_id)) return true;
  return team.members_with_roles.some(({ user_id, role }) => user_id === access.userId && role === "admin");
}

export function membersOf({ team_info, team_memberships }: TeamInfo): Member[] {
  const shares = new Map(team_memberships.map((membership) => [membership.user_id, membership]));
  return team_info.members_with_roles.map(({ user_id, user_email, role }) => {
    const share = shares.get(user_id);
    const limits = share?.litellm_budget_table;
    return {
      user_id,
      user_email,
      role,
      spend: share?.spend ?? null,
      limits,
      resetsAt: limits?.budget_reset_at,
    };
  });
}

export function TeamDrawer({ id, onClose }: { id: string | undefined; onClose: () => void }) {
  const access = useAccess();
  const found = useQuery({ queryKey: ["teams", "one", id], queryFn: () => getTeam(id!), enabled: id !== undefined });
  const info = found.data;
  const team = info?.team_info;
  const [deleting, setDeleting] = useState(false);
  const block = useWrite((blocked: boolean) => blockTeam(id!, blocked), ["teams", "organizations"]);
  const name = team ? teamName(team) : (id ?? "");
  // Its own administrators change it; those above them end it.
  const mayBlock = team !== undefined && access.leads(team.organization_id);
  const toggle = (blocked: boolean) =>
    block.mutate(blocked, {
      onSuccess: () =>
        toast.success(blocked ? `${name} is blocked; its keys are refused from now on.` : `${name} works again.`),
    });
  return (
    <ResourceDrawer
      open={id !== undefined}
      onClose={onClose}
      title={name}
      label="Parts of the team"
      testid="team-drawer"
      loading={found.isPending}
      error={info ? null : found.error}
      onRetry={() => void found.refetch()}
      before={block.error ? <ErrorNotice error={block.error} className="m-4" /> : null}
      menu={
        mayBlock && (
          <>
            <MenuItem data-testid="team-block" onSelect={() => toggle(!team.blocked)}>
              {team.blocked ? (
                <CirclePlay aria-hidden className="size-4 text-faint" />
              ) : (
                <Ban aria-hidden className="size-4 text-faint" />
              )}
              {team.blocked ? "Unblock" : "Block"}
            </MenuItem>
            <MenuLine />
            <MenuItem danger data-testid="team-delete" onSelect={() => setDeleting(true)}>
              <Trash2 aria-hidden className="size-4" /> Delete
            </MenuItem>
          </>
        )
      }
      tabs={info ? tabsOf(info, access) : []}
    >
      {deleting && info && (
        <DeleteTeam
          info={info}
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

function tabsOf(info: TeamInfo, access: Access): Tab[] {
  const team = info.team_info;
  const name = teamName(team);
  const mayChange = mayChangeTeam(access, team);
  const tabs: Tab[] = [
    { id: "usage", label: "Usage", content: <TeamUsage info={info} /> },
    {
      id: "members",
      label: "Members",
      count: team.members_with_roles.length,
      content: <TeamMembers info={info} mayChange={mayChange} linked={access.may("GET /user/list")} />,
    },
    {
      id: "permissions",
      label: "Permissions",
      content: <Permissions team={team.team_id} name={name} mayChange={mayChange} />,
    },
  ];
  if (mayChange) {
    tabs.push({
      id: "settings",
      label: "Settings",
      content: (
        <EditForm
          current={teamFormOf(team)}
          changeOf={teamChange}
          save={(change) => updateTeam({ team_id: team.team_id, ...change }).then(({ data }) => teamFormOf(data))}
          topics={["teams", "organizations", "keys"]}
          fields={TEAM_FIELDS}
          name={name}
          testid="team"
        >
          {(fields) => <TeamFields {...fields} placed={access.all} />}
        </EditForm>
      ),
    });
  }
  return tabs;
}

function TeamUsage({ info }: { info: TeamInfo }) {
  const team = info.team_info;
  const { tags } = teamFormOf(team);
  const organization = useOrganizationOptions().find(({ value }) => value === team.organization_id);
  return (
    <>
      <Section title="Spend of all its keys">
        <LiveUsage of="team" id={team.team_id} row={team} testid="team-usage" />
      </Section>
      <Section title="What it is">
        <Facts>
          {team.blocked && (
            <Fact name="State">
              <Badge tone="bad">blocked</Badge>
            </Fact>
          )}
          {team.organization_id && (
            <Fact name="Organization">
              <Link to="/organizations" search={{ open: team.organization_id }} className="hover:underline">
                {organization?.label ?? team.organization_id}
              </Link>
            </Fact>
          )}
          <Fact name="Models">{modelWords(team.models)}</Fact>
          {team.litellm_model_table && (
            <Fact name="Aliases">
              <AliasWords aliases={team.litellm_model_table.model_aliases} />
            </Fact>
          )}
          {tags !== "" && <Fact name="Tags">{tags}</Fact>}
          {team.budget_id && <Fact name="Named budget">{team.budget_id}</Fact>}
          <Fact name="Id">
            <code className="break-all font-mono text-xs">{team.team_id}</code>
          </Fact>
          <Fact name="Made">{fullTime(team.created_at)}</Fact>
        </Facts>
      </Section>
      <Section title="Keys">
        <KeyList keys={info.keys} empty="No key yet. One is issued for the team under Keys." />
      </Section>
    </>
  );
}

function TeamMembers({ info, mayChange, linked }: { info: TeamInfo; mayChange: boolean; linked: boolean }) {
  const [adding, setAdding] = useState(false);
  const [editing, setEditing] = useState<Member | null>(null);
  const [removing, setRemoving] = useState<Member | null>(null);
  const team = info.team_id;
  const name = teamName(info.team_info);
  return (
    <>
      <MemberList
        members={membersOf(info)}
        roleName={teamRoleName}
        leader="admin"
        linked={linked}
        empty="Nobody is in it yet. Members share its models and its budget, each within limits of their own."
        {...(mayChange && { onAdd: () => setAdding(true), onEdit: setEditing, onRemove: setRemoving })}
      />
      {adding && <MemberDialog team={team} name={name} onClose={() => setAdding(false)} />}
      {editing && <MemberDialog team={team} name={name} member={editing} onClose={() => setEditing(null)} />}
      {removing && (
        <RemoveMember
          team={team}
          name={name}
          member={removing}
          keys={info.keys.filter((key) => key.user_id === removing.user_id).length}
          onClose={() => setRemoving(null)}
        />
      )}
    </>
  );
}
