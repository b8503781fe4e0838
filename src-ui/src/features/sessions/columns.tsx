import type { SessionRow } from "@/api/sessions";
import type { Column } from "@/components/virtual-table";
import { shortModel } from "@/lib/model-name";
import { compact, count, plural } from "@/lib/numbers";
import { dayName, fullTime, hourTime, sameDay } from "@/lib/time";
import { Cost, Errors, length, Name, none, Tokens } from "./words";

function Last({ at }: { at: number }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={fullTime(at)} className="text-muted">
      {!sameDay(at, Date.now()) && <span className="text-faint">{dayName(at)} </span>}
      {hourTime(at)}
    </time>
  );
}

const model = (row: SessionRow) => (
  <span title={`${row.model}${row.provider ? ` at ${row.provider}` : ""}, asked first`}>
    {shortModel(row.model, row.provider) || none}
  </span>
);

// All of them fit the table of a 1280 pixel window; `from` is where each begins to.
export const COLUMNS: Column<SessionRow>[] = [
  { id: "last", header: "Last used", width: "96px", cell: (row) => <Last at={row.last_at} /> },
  { id: "session", header: "Session", width: "minmax(160px,2.4fr)", cell: (row) => <Name row={row} /> },
  {
    id: "client",
    header: "Client",
    width: "minmax(84px,0.6fr)",
    cell: (row) => (
      <span className="text-muted" title={row.client}>
        {row.client || none}
      </span>
    ),
  },
  { id: "model", header: "First model", width: "minmax(110px,1fr)", from: 860, cell: model },
  {
    id: "key",
    header: "Key",
    width: "minmax(96px,1fr)",
    from: 1080,
    cell: (row) => <span title={row.key_name}>{row.key_name}</span>,
  },
  { id: "length", header: "Lasted", width: "88px", align: "right", cell: length },
  { id: "requests", header: "Requests", width: "64px", align: "right", cell: (row) => count(row.totals.requests) },
  { id: "errors", header: "Errors", width: "48px", align: "right", cell: (row) => <Errors totals={row.totals} /> },
  {
    id: "tokens",
    header: "Tokens in / out",
    width: "100px",
    align: "right",
    from: 700,
    cell: (row) => <Tokens totals={row.totals} />,
  },
  { id: "cost", header: "Cost", width: "98px", align: "right", cell: (row) => <Cost totals={row.totals} /> },
];

export const narrowRow = (row: SessionRow) => (
  <div className="grid min-w-0 gap-0.5">
    <div className="flex min-w-0 items-center gap-2">
      <div className="min-w-0 flex-1">
        <Name row={row} />
      </div>
      <Cost totals={row.totals} />
    </div>
    <p className="flex min-w-0 items-center gap-2 text-muted text-xs">
      <Last at={row.last_at} />
      <span className="min-w-0 flex-1 truncate">{row.client}</span>
      {row.totals.errors > 0 && <span className="text-bad">{plural(row.totals.errors, "error")}</span>}
      <span>{compact(row.totals.requests)} req</span>
      {row.totals.requests > 1 && <span>{length(row)}</span>}
    </p>
  </div>
);
