import { useNavigate, useSearch } from "@tanstack/react-router";
import { Wallet } from "lucide-react";
import { useAccess } from "@/api/access";
import type { BudgetRow } from "@/api/contract";
import { ResourcePage } from "@/components/resource-page";
import type { Column } from "@/components/virtual-table";
import { useBudgets } from "@/features/limits/budget-field";
import { rateWords } from "@/features/limits/limits";
import { useWhole } from "@/features/people/use-whole";
import { dollars } from "@/lib/money";
import { compact } from "@/lib/numbers";
import { period } from "@/lib/period";
import { parseSort, sortText } from "@/lib/sort";
import { NewBudget } from "./budget-dialogs";
import { BudgetDrawer } from "./budget-drawer";

const THINGS = { one: "budget", many: "budgets", icon: Wallet };
const VALUES: Record<string, (row: BudgetRow) => string | number | null> = {
  name: (row) => row.budget_id.toLowerCase(),
  budget: (row) => row.max_budget,
  soft: (row) => row.soft_budget,
};
const textOf = (row: BudgetRow) => row.budget_id;

export function BudgetsPage() {
  const search = useSearch({ from: "/budgets" });
  const navigate = useNavigate({ from: "/budgets" });
  const access = useAccess();
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...next }), replace: !("open" in next) });
  const sort = parseSort(search.sort);
  const list = useWhole(useBudgets(), search.q, textOf, sort, VALUES);
  return (
    <ResourcePage
      title="Budgets"
      description="Limits with a name, for keys, users, teams, organizations, customers and tags to refer to."
      things={THINGS}
      list={list}
      columns={COLUMNS}
      narrow={narrow}
      rowKey={(row) => row.budget_id}
      nameOf={(row) => row.budget_id}
      openKey={search.open}
      onOpen={(row) => change({ open: row.budget_id })}
      query={search.q ?? ""}
      onQuery={(q) => change({ q: q || undefined })}
      searchLabel="Search budgets by name"
      narrowed={Boolean(search.q)}
      onClear={() => change({ q: undefined })}
      create={access.may("POST /budget/new") ? "Make budget" : undefined}
      onCreate={() => change({ new: true })}
      emptyTitle="No budgets yet"
      emptyText="Limits with a name appear here. Make one, then choose it wherever limits are set: what you change of it changes for all who have it."
      sort={sort}
      onSort={(next) => change({ sort: sortText(next) })}
    >
      <NewBudget
        open={search.new === true}
        onClose={() => change({ new: undefined })}
        onMade={(made) => void navigate({ search: (old) => ({ ...old, new: undefined, open: made.budget_id }) })}
      />
      <BudgetDrawer id={search.open} onClose={() => change({ open: undefined })} />
    </ResourcePage>
  );
}

const none = <span className="text-faint">–</span>;
const money = (value: number | null) => (value === null ? none : dollars(value));
const every = (row: BudgetRow) =>
  row.budget_duration ? `every ${period(row.budget_duration).replace(/^an? /, "")}` : "in all";

const COLUMNS: Column<BudgetRow>[] = [
  {
    id: "name",
    header: "Budget",
    width: "minmax(160px,1fr)",
    sortable: true,
    cell: (row) => <span title={row.budget_id}>{row.budget_id}</span>,
  },
  {
    id: "budget",
    header: "Dollars",
    width: "104px",
    align: "right",
    sortable: true,
    cell: (row) => money(row.max_budget),
  },
  {
    id: "soft",
    header: "Warns at",
    width: "96px",
    align: "right",
    sortable: true,
    from: 760,
    cell: (row) => money(row.soft_budget),
  },
  {
    id: "period",
    header: "Period",
    width: "124px",
    className: "pl-4",
    cell: (row) => <span className="text-muted">{every(row)}</span>,
  },
  {
    id: "rates",
    header: "Rates",
    width: "minmax(140px,1fr)",
    from: 860,
    cell: (row) => <span className="text-muted">{rateWords(row, compact) || none}</span>,
  },
];

const narrow = (row: BudgetRow) => (
  <div className="min-w-0">
    <p className="truncate" title={row.budget_id}>
      {row.budget_id}
    </p>
    <p className="truncate text-muted text-xs">
      {row.max_budget === null ? "no budget" : `${dollars(row.max_budget)} ${every(row)}`}
      {rateWords(row, compact) && ` · ${rateWords(row, compact)}`}
    </p>
  </div>
);
