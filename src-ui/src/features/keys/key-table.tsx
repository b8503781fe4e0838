import type { ReactNode } from "react";
import { useAccess } from "@/api/access";
import type { FullKey } from "@/api/governance-keys";
import type { PagedRows } from "@/api/paged";
import { Badge, type Tone } from "@/components/controls";
import { UsageBar } from "@/components/usage-bar";
import { type Column, type Sort, VirtualTable } from "@/components/virtual-table";
import { rateWords } from "@/features/limits/limits";
import { useTeamNames } from "@/features/pickers/use-found";
import { cn } from "@/lib/cn";
import { dollars } from "@/lib/money";
import { compact } from "@/lib/numbers";
import { fullTime, relative } from "@/lib/time";
import { useNow } from "@/lib/use-hooks";
import { KeyMenu } from "./key-menu";
import { budgetOf, keyState, nameOf, ownerOf } from "./key-state";

/** Keys, of which there may be ten thousand: what is in sight is read. */
export function KeyTable({
  keys,
  sort,
  onSort,
  onOpen,
  openKey,
  onRevoke,
  empty,
}: {
  keys: PagedRows<FullKey>;
  sort: Sort;
  onSort: (sort: Sort) => void;
  onOpen: (row: FullKey) => void;
  openKey: string | undefined;
  onRevoke: (row: FullKey) => void;
  empty: ReactNode;
}) {
  const now = useNow();
  const { may } = useAccess();
  const teamName = useTeamNames(may("GET /v2/team/list") && keys.rows.some((row) => row?.team_id));
  const owned = keys.rows.some((row) => row?.user_id || row?.team_id);
  const columns: Column<FullKey>[] = [
    {
      id: "key_alias",
      header: "Key",
      width: "minmax(180px,1.4fr)",
      sortable: true,
      cell: (row) => <Name row={row} now={now} />,
    },
    ...(owned
      ? [
          {
            id: "owner",
            header: "Owner",
            width: "minmax(110px,0.8fr)",
            from: 760,
            cell: (row: FullKey) => <Owner row={row} teamName={teamName} />,
          },
        ]
      : []),
    {
      id: "models",
      header: "Models",
      width: "minmax(100px,0.7fr)",
      from: 900,
      cell: (row) => (
        <span
          className={cn("block truncate text-xs", row.models.length > 0 && "text-muted")}
          title={row.models.join("\n")}
        >
          {modelWords(row.models)}
        </span>
      ),
    },
    {
      id: "limits",
      header: "Rate limits",
      width: "minmax(110px,0.7fr)",
      from: 1080,
      cell: (row) => {
        const words = rateWords(row, compact);
        return (
          <span className={cn("block truncate text-xs", words ? "text-muted" : "text-faint")} title={words}>
            {words || "none"}
          </span>
        );
      },
    },
    { id: "spend", header: "Spend", width: "150px", sortable: true, cell: (row) => <Spend row={row} now={now} /> },
    {
      id: "last_used_at",
      header: "Used",
      width: "84px",
      from: 820,
      cell: (row) => (
        <span
          className="block truncate text-faint text-xs"
          title={row.last_used_at ? fullTime(row.last_used_at) : undefined}
        >
          {row.last_used_at ? relative(row.last_used_at, now) : "never"}
        </span>
      ),
    },
    {
      id: "created_at",
      header: "Created",
      width: "84px",
      from: 980,
      sortable: true,
      cell: (row) => (
        <span className="block truncate text-faint text-xs" title={fullTime(row.created_at)}>
          {relative(row.created_at, now)}
        </span>
      ),
    },
    {
      id: "menu",
      header: "Actions",
      quiet: true,
      width: "28px",
      cell: (row) => <KeyMenu row={row} onRevoke={() => onRevoke(row)} />,
    },
  ];
  return (
    <VirtualTable
      label="Keys"
      rows={keys.rows}
      rowKey={(row) => row.token}
      rowTestid="key-row"
      rowName={nameOf}
      columns={columns}
      narrow={(row) => <Narrow row={row} now={now} teamName={teamName} onRevoke={() => onRevoke(row)} />}
      onOpen={onOpen}
      openKey={openKey}
      sort={sort}
      onSort={onSort}
      loading={keys.loading}
      onRange={keys.onRange}
      empty={empty}
    />
  );
}

/** Two lines; what is the matter takes the place of when it was used. */
function Narrow({
  row,
  now,
  teamName,
  onRevoke,
}: {
  row: FullKey;
  now: number;
  teamName: (id: string) => string;
  onRevoke: () => void;
}) {
  const state = keyState(row, now);
  const name = nameOf(row);
  const used = row.last_used_at ? `used ${relative(row.last_used_at, now)}` : "never used";
  const owner = ownerWords(row, teamName);
  return (
    <div className="flex min-w-0 flex-1 items-center gap-3">
      <div className="min-w-0 flex-1">
        <p className="truncate font-medium" title={name}>
          {name}
        </p>
        <p className="truncate text-faint text-xs">
          {state ? <span className={STATE_TEXT[state.tone]}>{state.word}</span> : used}
          {owner && ` · ${owner}`}
        </p>
      </div>
      <div className="w-28 shrink-0">
        <Spend row={row} now={now} />
      </div>
      <KeyMenu row={row} onRevoke={onRevoke} />
    </div>
  );
}

const STATE_TEXT: Record<Tone, string> = { bad: "text-bad", warn: "text-warn", neutral: "", ok: "", accent: "" };

function Name({ row, now }: { row: FullKey; now: number }) {
  const state = keyState(row, now);
  const name = nameOf(row);
  return (
    <span className="flex min-w-0 items-center gap-2">
      <span className="truncate font-medium" title={name}>
        {name}
      </span>
      {state ? (
        <Badge tone={state.tone} title={row.expires ? fullTime(row.expires) : undefined}>
          {state.word}
        </Badge>
      ) : (
        row.auto_rotate && <Badge>rotates</Badge>
      )}
    </span>
  );
}

const ownerWords = (row: FullKey, teamName: (id: string) => string) => {
  const { person, team } = ownerOf(row, teamName);
  return [person, team].filter(Boolean).join(" · ");
};

function Owner({ row, teamName }: { row: FullKey; teamName: (id: string) => string }) {
  const { person, team } = ownerOf(row, teamName);
  return (
    <span className="block truncate text-xs" title={ownerWords(row, teamName)}>
      {person ?? (team ? null : <span className="text-faint">nobody's</span>)}
      {person && team && " · "}
      {team && <span className="text-muted">{team}</span>}
    </span>
  );
}

/** What is spent of what may be; without a budget the sum alone. */
function Spend({ row, now }: { row: FullKey; now: number }) {
  const budget = budgetOf(row, now);
  if (budget === null && !row.soft_budget) {
    return (
      <p className="text-xs" data-testid="key-spend">
        <span className="font-medium">{dollars(row.spend)}</span>
      </p>
    );
  }
  return (
    <UsageBar
      dense
      testid="key-spend"
      name="Budget"
      used={row.spend}
      limit={budget}
      soft={row.soft_budget}
      period={row.budget_duration}
      resetsAt={row.budget_reset_at}
    />
  );
}

const modelWords = (models: string[]) =>
  models.length === 0 ? (
    <span className="text-faint">all</span>
  ) : models.length === 1 ? (
    models[0]
  ) : (
    `${models[0]} +${models.length - 1}`
  );
