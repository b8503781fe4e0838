import { useNavigate, useSearch } from "@tanstack/react-router";
import { Tags } from "lucide-react";
import { useCallback } from "react";
import { useAccess } from "@/api/access";
import type { TagRow } from "@/api/contract";
import { Badge } from "@/components/controls";
import { ResourcePage } from "@/components/resource-page";
import { Select } from "@/components/select";
import type { Column } from "@/components/virtual-table";
import { namedBudget } from "@/features/limits/named";
import { BudgetUsage } from "@/features/limits/usage";
import { useWhole } from "@/features/people/use-whole";
import { parseSort, sortText } from "@/lib/sort";
import { NewTag } from "./tag-dialogs";
import { TagDrawer } from "./tag-drawer";
import { isOnlySeen } from "./tag-form";
import { useTags } from "./use-tags";

const THINGS = { one: "tag", many: "tags", icon: Tags };
const VALUES: Record<string, (row: TagRow) => string | number | null> = {
  name: (row) => row.name.toLowerCase(),
  spend: (row) => row.spend,
};
const textOf = (row: TagRow) => `${row.name} ${isOnlySeen(row) ? "" : (row.description ?? "")}`;
const STATES = [
  { value: "limited", label: "With limits" },
  { value: "seen", label: "Only seen in requests" },
];

export function TagsPage() {
  const search = useSearch({ from: "/tags" });
  const navigate = useNavigate({ from: "/tags" });
  const access = useAccess();
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...next }), replace: !("open" in next) });
  const sort = parseSort(search.sort ?? "-spend");
  const { of } = search;
  const keep = useCallback(
    (row: TagRow) => (of === "seen" ? isOnlySeen(row) : of === "limited" ? row.litellm_budget_table !== null : true),
    [of],
  );
  const list = useWhole(useTags(), search.q, textOf, sort, VALUES, keep);
  return (
    <ResourcePage
      title="Tags"
      description="Words that requests, keys and teams carry, with what they cost and limits for all that carry one."
      things={THINGS}
      list={list}
      columns={COLUMNS}
      narrow={narrow}
      rowKey={(row) => row.name}
      nameOf={(row) => row.name}
      openKey={search.open}
      onOpen={(row) => change({ open: row.name })}
      query={search.q ?? ""}
      onQuery={(q) => change({ q: q || undefined })}
      searchLabel="Search tags by name or description"
      filters={
        <Select
          filter
          label="State"
          any="Any state"
          testid="tags-state"
          options={STATES}
          value={of ?? ""}
          onChange={(next) => change({ of: next || undefined })}
        />
      }
      narrowed={Boolean(search.q || of)}
      onClear={() => change({ q: undefined, of: undefined })}
      create={access.may("POST /tag/new") ? "Make tag" : undefined}
      onCreate={() => change({ new: true })}
      emptyTitle="No tags yet"
      emptyText="Words appear here once a request, a key or a team carries one, with what they cost. Make one to limit all requests that carry it together: a project, a cost center, a nightly job."
      sort={sort}
      onSort={(next) => change({ sort: sortText(next) })}
    >
      <NewTag
        open={search.new === true}
        onClose={() => change({ new: undefined })}
        onMade={(made) => void navigate({ search: (old) => ({ ...old, new: undefined, open: made.name }) })}
      />
      <TagDrawer id={search.open} onClose={() => change({ open: undefined })} />
    </ResourcePage>
  );
}

const Name = ({ row }: { row: TagRow }) => (
  <span className="flex min-w-0 items-center gap-2">
    <span className="min-w-0 truncate" title={row.name}>
      {row.name}
    </span>
    {isOnlySeen(row) && <Badge title="Requests carry it; nothing was said of it">only seen</Badge>}
  </span>
);

const usage = (row: TagRow, className?: string) => (
  <BudgetUsage dense row={{ ...row.litellm_budget_table, spend: row.spend }} className={className} />
);
const none = <span className="text-faint">–</span>;

const COLUMNS: Column<TagRow>[] = [
  { id: "name", header: "Tag", width: "minmax(160px,1fr)", sortable: true, cell: (row) => <Name row={row} /> },
  {
    id: "description",
    header: "Description",
    width: "minmax(120px,1fr)",
    from: 860,
    cell: (row) =>
      isOnlySeen(row) || !row.description ? (
        none
      ) : (
        <span className="text-muted" title={row.description}>
          {row.description}
        </span>
      ),
  },
  {
    id: "budget",
    header: "Named budget",
    width: "minmax(100px,160px)",
    from: 760,
    cell: (row) => (namedBudget(row) ? <span title={namedBudget(row)}>{namedBudget(row)}</span> : none),
  },
  { id: "spend", header: "Spend", width: "168px", sortable: true, cell: (row) => usage(row) },
];

const narrow = (row: TagRow) => (
  <div className="flex min-w-0 items-center gap-3">
    <div className="min-w-0 flex-1">
      <Name row={row} />
      {!isOnlySeen(row) && row.description && <p className="truncate text-muted text-xs">{row.description}</p>}
    </div>
    {usage(row, "w-32 shrink-0")}
  </div>
);
