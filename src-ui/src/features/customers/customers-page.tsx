import { useNavigate, useSearch } from "@tanstack/react-router";
import { Contact } from "lucide-react";
import { useCallback } from "react";
import { useAccess } from "@/api/access";
import type { CustomerRow } from "@/api/contract";
import { Badge } from "@/components/controls";
import { ResourcePage } from "@/components/resource-page";
import { Select } from "@/components/select";
import type { Column } from "@/components/virtual-table";
import { namedBudget } from "@/features/limits/named";
import { BudgetUsage } from "@/features/limits/usage";
import { useWhole } from "@/features/people/use-whole";
import { parseSort, sortText } from "@/lib/sort";
import { customerName, NewCustomer } from "./customer-dialogs";
import { CustomerDrawer } from "./customer-drawer";
import { useCustomers } from "./use-customers";

const THINGS = { one: "customer", many: "customers", icon: Contact };
const VALUES: Record<string, (row: CustomerRow) => string | number | null> = {
  name: (row) => customerName(row).toLowerCase(),
  spend: (row) => row.spend,
};
const textOf = (row: CustomerRow) => `${row.alias ?? ""} ${row.user_id}`;
const STATES = [
  { value: "limited", label: "With limits" },
  { value: "blocked", label: "Blocked" },
];

export function CustomersPage() {
  const search = useSearch({ from: "/customers" });
  const navigate = useNavigate({ from: "/customers" });
  const access = useAccess();
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...next }), replace: !("open" in next) });
  const sort = parseSort(search.sort ?? "-spend");
  const { of } = search;
  const keep = useCallback(
    (row: CustomerRow) =>
      of === "blocked" ? row.blocked : of === "limited" ? row.litellm_budget_table !== null : true,
    [of],
  );
  const list = useWhole(useCustomers(), search.q, textOf, sort, VALUES, keep);
  return (
    <ResourcePage
      title="Customers"
      description="End users of what you build, as requests name them."
      things={THINGS}
      list={list}
      columns={COLUMNS}
      narrow={narrow}
      rowKey={(row) => row.user_id}
      nameOf={customerName}
      openKey={search.open}
      onOpen={(row) => change({ open: row.user_id })}
      query={search.q ?? ""}
      onQuery={(q) => change({ q: q || undefined })}
      searchLabel="Search customers by name or id"
      filters={
        <Select
          filter
          label="State"
          any="Any state"
          testid="customers-state"
          options={STATES}
          value={of ?? ""}
          onChange={(next) => change({ of: next || undefined })}
        />
      }
      narrowed={Boolean(search.q || of)}
      onClear={() => change({ q: undefined, of: undefined })}
      create={access.may("POST /customer/new") ? "Add customer" : undefined}
      onCreate={() => change({ new: true })}
      emptyTitle="No customers yet"
      emptyText="They appear by themselves once a request names one in user, with what their requests cost. Add one to give them limits beforehand."
      sort={sort}
      onSort={(next) => change({ sort: sortText(next) })}
    >
      <NewCustomer
        open={search.new === true}
        onClose={() => change({ new: undefined })}
        onMade={(made) => void navigate({ search: (old) => ({ ...old, new: undefined, open: made.user_id }) })}
      />
      <CustomerDrawer id={search.open} onClose={() => change({ open: undefined })} />
    </ResourcePage>
  );
}

const Name = ({ row }: { row: CustomerRow }) => (
  <span className="flex min-w-0 items-center gap-2">
    <span className="min-w-0 truncate" title={[row.alias, row.user_id].filter(Boolean).join("\n")}>
      {customerName(row)}
      {row.alias && <span className="ml-2 text-faint text-xs">{row.user_id}</span>}
    </span>
    {row.blocked && <Badge tone="bad">blocked</Badge>}
  </span>
);

const usage = (row: CustomerRow, className?: string) => (
  <BudgetUsage dense row={{ ...row.litellm_budget_table, spend: row.spend }} className={className} />
);

const COLUMNS: Column<CustomerRow>[] = [
  { id: "name", header: "Customer", width: "minmax(180px,1fr)", sortable: true, cell: (row) => <Name row={row} /> },
  {
    id: "budget",
    header: "Named budget",
    width: "minmax(100px,160px)",
    from: 760,
    cell: (row) => namedBudget(row) || <span className="text-faint">–</span>,
  },
  { id: "spend", header: "Spend", width: "168px", sortable: true, cell: (row) => usage(row) },
];

const narrow = (row: CustomerRow) => (
  <div className="flex min-w-0 items-center gap-3">
    <div className="min-w-0 flex-1">
      <Name row={row} />
    </div>
    {usage(row, "w-32 shrink-0")}
  </div>
);
