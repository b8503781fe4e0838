import { useNavigate, useSearch } from "@tanstack/react-router";
import { History } from "lucide-react";
import type { AuditEntry } from "@/api/contract";
import { usePaged } from "@/api/paged";
import { listChanges } from "@/api/people";
import { Badge } from "@/components/controls";
import { ResourcePage } from "@/components/resource-page";
import { Select } from "@/components/select";
import type { Column } from "@/components/virtual-table";
import { fullTime, relative } from "@/lib/time";
import { useDebounced, useNow } from "@/lib/use-hooks";
import { AuditDrawer } from "./audit-drawer";
import { summary } from "./difference";
import { useWho } from "./use-who";
import { WhoPicker } from "./who-picker";
import { ACTIONS, actionOf, KIND_OPTIONS, kindName, thingName } from "./words";

const THINGS = { one: "change", many: "changes", icon: History };
const SINCE = [
  { value: "1d", label: "The last day" },
  { value: "7d", label: "The last week" },
  { value: "30d", label: "The last 30 days" },
];
const DAY = 86_400_000;

/** When that long ago was; by the minute, so that the question stays the same while one looks. */
function momentOf(since: string | undefined, now: number) {
  if (!since) return undefined;
  return new Date(Math.floor((now - Number.parseInt(since, 10) * DAY) / 60_000) * 60_000).toISOString();
}

const read = (asked: Parameters<typeof listChanges>[0], page: number, page_size: number) =>
  listChanges({ ...asked, page, page_size }).then(({ audit_logs, total }) => ({ rows: audit_logs, total }));

export function AuditPage() {
  const search = useSearch({ from: "/audit" });
  const navigate = useNavigate({ from: "/audit" });
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...next }), replace: !("open" in next) });
  const now = useNow();
  const object_id = useDebounced(search.q, 200)?.trim() || undefined;
  const asked = {
    table_name: search.type,
    action: search.action,
    changed_by: search.who,
    object_id,
    start_date: momentOf(search.since, now),
  };
  const list = usePaged<AuditEntry>("audit", asked, (page, size) => read(asked, page, size));
  const who = useWho(list.rows);
  const clear = { q: undefined, type: undefined, action: undefined, who: undefined, since: undefined };
  return (
    <ResourcePage
      title="Audit log"
      description="Who changed what, and when, with what was before. Newest first; secrets are never in it."
      things={THINGS}
      list={list}
      columns={columns(who, now)}
      narrow={(row) => <Narrow row={row} who={who(row.changed_by)} now={now} />}
      rowKey={(row) => row.id}
      nameOf={(row) => `${row.action} ${row.object_type} ${thingName(row)}`}
      openKey={search.open}
      onOpen={(row) => change({ open: row.id })}
      query={search.q ?? ""}
      onQuery={(q) => change({ q: q || undefined })}
      searchLabel="Search by the whole id of one thing"
      filters={
        <>
          <Select
            filter
            label="Kind of thing"
            any="Everything"
            testid="audit-type"
            options={KIND_OPTIONS}
            value={search.type ?? ""}
            onChange={(type) => change({ type: type || undefined })}
          />
          <Select
            filter
            label="What was done"
            any="Any action"
            testid="audit-action"
            options={ACTIONS.map(({ value, label }) => ({ value, label }))}
            value={search.action ?? ""}
            onChange={(action) => change({ action: action || undefined })}
          />
          <WhoPicker value={search.who} onChange={(next) => change({ who: next })} />
          <Select
            filter
            label="When"
            any="Any time"
            testid="audit-since"
            options={SINCE}
            value={search.since ?? ""}
            onChange={(since) => change({ since: (since || undefined) as typeof search.since })}
          />
        </>
      }
      narrowed={Boolean(search.q || search.type || search.action || search.who || search.since)}
      onClear={() => change(clear)}
      onCreate={() => {}}
      emptyTitle="Nothing was changed yet"
      emptyText="Every change of keys, people, limits, models and providers is written down here, with who made it and what was before: in this console, by a script, or by Postern itself."
    >
      <AuditDrawer
        id={search.open}
        known={list.rows.find((row) => row?.id === search.open)}
        who={who}
        onNarrow={(next) => change({ ...clear, ...next, open: undefined })}
        onClose={() => change({ open: undefined })}
      />
    </ResourcePage>
  );
}

function Action({ row }: { row: AuditEntry }) {
  const { label, tone } = actionOf(row.action);
  return <Badge tone={tone}>{label}</Badge>;
}

const When = ({ row, now }: { row: AuditEntry; now: number }) => (
  <span className="text-muted" title={fullTime(row.updated_at)}>
    {relative(row.updated_at, now)}
  </span>
);

function columns(who: (id: string) => string, now: number): Column<AuditEntry>[] {
  return [
    { id: "when", header: "When", width: "92px", cell: (row) => <When row={row} now={now} /> },
    { id: "action", header: "Action", width: "84px", cell: (row) => <Action row={row} /> },
    {
      id: "thing",
      header: "What",
      width: "minmax(180px,1.2fr)",
      cell: (row) => (
        <span title={`${kindName(row.object_type)}\n${thingName(row)}`}>
          {thingName(row)} <span className="ml-1 text-faint text-xs">{kindName(row.object_type).toLowerCase()}</span>
        </span>
      ),
    },
    {
      id: "change",
      header: "Change",
      width: "minmax(140px,1.4fr)",
      from: 860,
      cell: (row) => (
        <span className="text-muted" title={summary(row)}>
          {summary(row) || <span className="text-faint">–</span>}
        </span>
      ),
    },
    {
      id: "who",
      header: "Who",
      width: "minmax(110px,180px)",
      cell: (row) => <span title={row.changed_by}>{who(row.changed_by)}</span>,
    },
  ];
}

const Narrow = ({ row, who, now }: { row: AuditEntry; who: string; now: number }) => (
  <div className="min-w-0">
    <p className="flex min-w-0 items-center gap-2">
      <span className="min-w-0 truncate" title={thingName(row)}>
        {thingName(row)}
      </span>
      <Action row={row} />
    </p>
    <p className="truncate text-muted text-xs">
      {kindName(row.object_type)} · {who} · {relative(row.updated_at, now)}
    </p>
  </div>
);
