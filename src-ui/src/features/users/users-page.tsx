import { useNavigate, useSearch } from "@tanstack/react-router";
import { UserRound } from "lucide-react";
import { useAccess } from "@/api/access";
import type { UserRow } from "@/api/contract";
import { usePaged } from "@/api/paged";
import { listUsers } from "@/api/people";
import { Badge } from "@/components/controls";
import { ResourcePage } from "@/components/resource-page";
import { Select } from "@/components/select";
import type { Column } from "@/components/virtual-table";
import { BudgetUsage } from "@/features/limits/usage";
import { personName, personNote, ROLES, roleName } from "@/features/people/names";
import { plural } from "@/lib/numbers";
import { parseSort, sortText } from "@/lib/sort";
import { useDebounced } from "@/lib/use-hooks";
import { NewUserDialog } from "./new-user";
import { UserDrawer } from "./user-drawer";

const THINGS = { one: "user", many: "users", icon: UserRound };

interface Asked {
  search?: string;
  role?: string;
  sort_by?: string;
  sort_order?: "asc" | "desc";
}

const read = (asked: Asked, page: number, page_size: number) =>
  listUsers({ ...asked, page, page_size }).then(({ users, total }) => ({ rows: users, total }));

export function UsersPage() {
  const search = useSearch({ from: "/users" });
  const navigate = useNavigate({ from: "/users" });
  const access = useAccess();
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...next }), replace: !("open" in next) });
  const words = useDebounced(search.q, 200);
  const sort = parseSort(search.sort);
  const asked: Asked = {
    search: words?.trim() || undefined,
    role: search.of,
    sort_by: sort?.by ?? "created_at",
    sort_order: (sort?.descending ?? true) ? "desc" : "asc",
  };
  const list = usePaged<UserRow>("users", { ...asked }, (page, size) => read(asked, page, size));
  return (
    <ResourcePage
      title="Users"
      description="People with a role, and with keys, spend and limits of their own."
      things={THINGS}
      list={list}
      columns={COLUMNS}
      narrow={narrow}
      rowKey={(user) => user.user_id}
      nameOf={personName}
      openKey={search.open}
      onOpen={(user) => change({ open: user.user_id })}
      query={search.q ?? ""}
      onQuery={(q) => change({ q: q || undefined })}
      searchLabel="Search users by name, e-mail or id"
      filters={
        <Select
          filter
          label="Role"
          any="Any role"
          testid="users-role"
          options={ROLES.map(({ value, label }) => ({ value, label }))}
          value={search.of ?? ""}
          onChange={(of) => change({ of: of || undefined })}
        />
      }
      narrowed={Boolean(search.q || search.of)}
      onClear={() => change({ q: undefined, of: undefined })}
      create={access.may("POST /user/new") ? "Add user" : undefined}
      onCreate={() => change({ new: true })}
      emptyTitle="No users yet"
      emptyText="People appear here with their role and what their keys spent. Add one, and send them the link that sets their password."
      sort={sort}
      onSort={(next) => change({ sort: sortText(next) })}
    >
      <NewUserDialog open={search.new === true} onClose={() => change({ new: undefined })} />
      <UserDrawer id={search.open} onClose={() => change({ open: undefined })} />
    </ResourcePage>
  );
}

function Name({ user }: { user: UserRow }) {
  const note = personNote(user);
  return (
    <span className="flex min-w-0 items-center gap-2">
      <span className="min-w-0 truncate" title={[personName(user), note].filter(Boolean).join("\n")}>
        {personName(user)}
        {note && <span className="ml-2 text-faint text-xs">{note}</span>}
      </span>
      {user.blocked && <Badge tone="bad">blocked</Badge>}
      {!user.has_password && !user.sso_user_id && !user.blocked && (
        <Badge title="No password is set yet">not signed up</Badge>
      )}
    </span>
  );
}

const COLUMNS: Column<UserRow>[] = [
  {
    id: "user_email",
    header: "User",
    width: "minmax(200px,1fr)",
    sortable: true,
    cell: (user) => <Name user={user} />,
  },
  {
    id: "user_role",
    header: "Role",
    width: "168px",
    sortable: true,
    cell: (user) => <span className="text-muted">{roleName(user.user_role)}</span>,
  },
  { id: "teams", header: "Teams", width: "56px", align: "right", from: 760, cell: (user) => user.teams.length },
  { id: "keys", header: "Keys", width: "48px", align: "right", from: 700, cell: (user) => user.key_count },
  {
    id: "spend",
    header: "Spend",
    width: "184px",
    className: "pl-4",
    sortable: true,
    cell: (user) => <BudgetUsage dense row={user} />,
  },
];

const narrow = (user: UserRow) => (
  <div className="flex min-w-0 items-center gap-3">
    <div className="min-w-0 flex-1">
      <Name user={user} />
      <p className="truncate text-muted text-xs">
        {roleName(user.user_role)} · {plural(user.key_count, "key")}
      </p>
    </div>
    <BudgetUsage dense row={user} className="w-32 shrink-0" />
  </div>
);
