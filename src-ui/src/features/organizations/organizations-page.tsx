import { useNavigate, useSearch } from "@tanstack/react-router";
import { Building2 } from "lucide-react";
import { useAccess } from "@/api/access";
import type { OrganizationRow } from "@/api/contract";
import { Badge } from "@/components/controls";
import { ResourcePage } from "@/components/resource-page";
import type { Column } from "@/components/virtual-table";
import { BudgetUsage, modelWords } from "@/features/limits/usage";
import { useOrganizations } from "@/features/people/use-choices";
import { useWhole } from "@/features/people/use-whole";
import { plural } from "@/lib/numbers";
import { parseSort, sortText } from "@/lib/sort";
import { NewOrganization } from "./new-organization";
import { OrganizationDrawer } from "./organization-drawer";

const THINGS = { one: "organization", many: "organizations", icon: Building2 };
const VALUES: Record<string, (row: OrganizationRow) => string | number | null> = {
  name: (row) => row.organization_alias.toLowerCase(),
  teams: (row) => row.teams.length,
  members: (row) => row.members.length,
  spend: (row) => row.spend,
};
const textOf = (row: OrganizationRow) => `${row.organization_alias} ${row.organization_id}`;

export function OrganizationsPage() {
  const search = useSearch({ from: "/organizations" });
  const navigate = useNavigate({ from: "/organizations" });
  const access = useAccess();
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...next }), replace: !("open" in next) });
  const sort = parseSort(search.sort);
  const list = useWhole(useOrganizations(), search.q, textOf, sort, VALUES);
  const mayMake = access.may("POST /organization/new");
  return (
    <ResourcePage
      title="Organizations"
      description="Teams and people apart from all others, with administrators of their own."
      things={THINGS}
      list={list}
      columns={COLUMNS}
      narrow={narrow}
      rowKey={(row) => row.organization_id}
      nameOf={(row) => row.organization_alias}
      openKey={search.open}
      onOpen={(row) => change({ open: row.organization_id })}
      query={search.q ?? ""}
      onQuery={(q) => change({ q: q || undefined })}
      searchLabel="Search organizations by name or id"
      narrowed={Boolean(search.q)}
      onClear={() => change({ q: undefined })}
      create={mayMake ? "Make organization" : undefined}
      onCreate={() => change({ new: true })}
      emptyTitle={mayMake ? "No organizations yet" : "You are in no organization"}
      emptyText={
        mayMake
          ? "They appear here with their teams and what was spent in them. Make one to keep a customer's or a department's teams apart: without one, teams belong to the gateway itself."
          : "Organizations that you are in appear here."
      }
      sort={sort}
      onSort={(next) => change({ sort: sortText(next) })}
    >
      <NewOrganization
        open={search.new === true}
        onClose={() => change({ new: undefined })}
        onMade={(made) => void navigate({ search: (old) => ({ ...old, new: undefined, open: made.organization_id }) })}
      />
      <OrganizationDrawer id={search.open} onClose={() => change({ open: undefined })} />
    </ResourcePage>
  );
}

const Name = ({ row }: { row: OrganizationRow }) => (
  <span className="flex min-w-0 items-center gap-2">
    <span className="truncate" title={row.organization_alias}>
      {row.organization_alias}
    </span>
    {row.blocked && <Badge tone="bad">blocked</Badge>}
  </span>
);

const COLUMNS: Column<OrganizationRow>[] = [
  { id: "name", header: "Organization", width: "minmax(180px,1fr)", sortable: true, cell: (row) => <Name row={row} /> },
  {
    id: "models",
    header: "Models",
    width: "minmax(120px,200px)",
    from: 860,
    cell: (row) => (
      <span className="text-muted" title={row.models.join("\n")}>
        {modelWords(row.models)}
      </span>
    ),
  },
  { id: "teams", header: "Teams", width: "60px", align: "right", sortable: true, cell: (row) => row.teams.length },
  {
    id: "members",
    header: "Members",
    width: "76px",
    align: "right",
    sortable: true,
    cell: (row) => row.members.length,
  },
  {
    id: "spend",
    header: "Spend",
    width: "184px",
    className: "pl-4",
    sortable: true,
    cell: (row) => <BudgetUsage dense row={row} />,
  },
];

const narrow = (row: OrganizationRow) => (
  <div className="flex min-w-0 items-center gap-3">
    <div className="min-w-0 flex-1">
      <Name row={row} />
      <p className="truncate text-muted text-xs">
        {plural(row.teams.length, "team")} · {plural(row.members.length, "member")}
      </p>
    </div>
    <BudgetUsage dense row={row} className="w-32 shrink-0" />
  </div>
);
