import { useNavigate, useSearch } from "@tanstack/react-router";
import { Users } from "lucide-react";
import { useAccess } from "@/api/access";
import type { ListedTeam } from "@/api/contract";
import { usePaged } from "@/api/paged";
import { listTeams } from "@/api/people";
import { Badge } from "@/components/controls";
import { ResourcePage } from "@/components/resource-page";
import { Select } from "@/components/select";
import type { Column } from "@/components/virtual-table";
import { BudgetUsage, modelWords } from "@/features/limits/usage";
import { teamName } from "@/features/people/names";
import { useOrganizationOptions } from "@/features/people/use-choices";
import { plural } from "@/lib/numbers";
import { parseSort, sortText } from "@/lib/sort";
import { useDebounced } from "@/lib/use-hooks";
import { NewTeam } from "./new-team";
import { TeamDrawer } from "./team-drawer";

const THINGS = { one: "team", many: "teams", icon: Users };

export function TeamsPage() {
  const search = useSearch({ from: "/teams" });
  const navigate = useNavigate({ from: "/teams" });
  const access = useAccess();
  const organizations = useOrganizationOptions();
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...next }), replace: !("open" in next) });
  const team_alias = useDebounced(search.q, 200);
  const sort = parseSort(search.sort);
  const asked = {
    team_alias,
    organization_id: search.of,
    sort_by: sort?.by ?? "created_at",
    sort_order: (sort?.descending ?? true) ? ("desc" as const) : ("asc" as const),
  };
  const list = usePaged<ListedTeam>("teams", asked, async (page, page_size) => {
    const { teams, total } = await listTeams({ ...asked, page, page_size });
    return { rows: teams, total };
  });
  const mayMake = access.may("POST /team/new");
  return (
    <ResourcePage
      title="Teams"
      description="People and keys that share models, limits and a budget."
      things={THINGS}
      list={list}
      columns={COLUMNS}
      narrow={narrow}
      rowKey={(team) => team.team_id}
      nameOf={teamName}
      openKey={search.open}
      onOpen={(team) => change({ open: team.team_id })}
      query={search.q ?? ""}
      onQuery={(q) => change({ q: q || undefined })}
      searchLabel="Search teams by name"
      filters={
        organizations.length > 0 && (
          <Select
            filter
            label="Organization"
            any="Any organization"
            testid="teams-organization"
            className="max-w-56"
            options={organizations}
            value={search.of ?? ""}
            onChange={(of) => change({ of: of || undefined })}
          />
        )
      }
      narrowed={Boolean(search.q || search.of)}
      onClear={() => change({ q: undefined, of: undefined })}
      create={mayMake ? "Make team" : undefined}
      onCreate={() => change({ new: true })}
      emptyTitle={mayMake ? "No teams yet" : "You are in no team"}
      emptyText={
        mayMake
          ? "Teams appear here with their members and what their keys spent. Make one, then add people to it."
          : "Teams that you are in appear here. Whoever administers one can add you."
      }
      sort={sort}
      onSort={(next) => change({ sort: sortText(next) })}
    >
      <NewTeam
        open={search.new === true}
        organization={search.of}
        onClose={() => change({ new: undefined })}
        onMade={(team) => void navigate({ search: (old) => ({ ...old, new: undefined, open: team.team_id }) })}
      />
      <TeamDrawer id={search.open} onClose={() => change({ open: undefined })} />
    </ResourcePage>
  );
}

const Name = ({ team }: { team: ListedTeam }) => (
  <span className="flex min-w-0 items-center gap-2">
    <span className="truncate" title={teamName(team)}>
      {teamName(team)}
    </span>
    {team.blocked && <Badge tone="bad">blocked</Badge>}
  </span>
);

const COLUMNS: Column<ListedTeam>[] = [
  {
    id: "team_alias",
    header: "Team",
    width: "minmax(180px,1fr)",
    sortable: true,
    cell: (team) => <Name team={team} />,
  },
  {
    id: "models",
    header: "Models",
    width: "minmax(120px,200px)",
    from: 860,
    cell: (team) => (
      <span className="text-muted" title={team.models.join("\n")}>
        {modelWords(team.models)}
      </span>
    ),
  },
  {
    id: "members",
    header: "Members",
    width: "64px",
    align: "right",
    from: 660,
    cell: (team) => team.members_with_roles.length,
  },
  { id: "keys", header: "Keys", width: "48px", align: "right", from: 660, cell: (team) => team.keys.length },
  { id: "spend", header: "Spend", width: "184px", className: "pl-4", cell: (team) => <BudgetUsage dense row={team} /> },
];

const narrow = (team: ListedTeam) => (
  <div className="flex min-w-0 items-center gap-3">
    <div className="min-w-0 flex-1">
      <Name team={team} />
      <p className="truncate text-muted text-xs">
        {plural(team.members_with_roles.length, "member")} · {plural(team.keys.length, "key")}
      </p>
    </div>
    <BudgetUsage dense row={team} className="w-32 shrink-0" />
  </div>
);
