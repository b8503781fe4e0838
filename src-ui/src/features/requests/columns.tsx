import { Link } from "@tanstack/react-router";
import type { RequestRow } from "@/api/contract";
import type { Column } from "@/components/virtual-table";
import { shortModel } from "@/lib/model-name";
import { compact } from "@/lib/numbers";
import { clockTime, dayName, duration, fullTime, sameDay } from "@/lib/time";
import { Cost, Outcome } from "./outcome";

const none = <span className="text-faint">–</span>;

function Time({ at }: { at: number }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={fullTime(at)} className="text-muted">
      {!sameDay(at, Date.now()) && <span className="text-faint">{dayName(at)} </span>}
      {clockTime(at)}
    </time>
  );
}

/** What was asked for, and in grey what answered where that is another name. */
function Model({ row }: { row: RequestRow }) {
  const answered =
    row.upstream_model &&
    row.upstream_model !== row.model_requested &&
    !row.model_requested.endsWith(`/${row.upstream_model}`)
      ? row.upstream_model
      : null;
  return (
    <span title={answered ? `${row.model_requested}, answered by ${answered}` : row.model_requested}>
      {shortModel(row.model_requested, row.provider) || none}
      {answered && <span className="text-faint"> → {answered}</span>}
    </span>
  );
}

/** The way to the session that it is part of. Keys find that in the row's detail, not at every line. */
const Client = ({ row }: { row: RequestRow }) =>
  row.session ? (
    <Link
      to="/requests"
      search={{ session: row.session }}
      tabIndex={-1}
      title={`${row.client || "Its client did not say its name"}\nSession ${row.session}: show all of it`}
      data-testid="row-session"
      onClick={(event) => event.stopPropagation()}
      className="text-muted underline decoration-line-strong decoration-dotted underline-offset-4 hover:text-accent-text hover:decoration-current"
    >
      {row.client || "session"}
    </Link>
  ) : (
    <span className="text-muted" title={row.client}>
      {row.client || none}
    </span>
  );

const tokens = (row: RequestRow) =>
  row.input_tokens + row.output_tokens === 0 ? (
    none
  ) : (
    <span title={`${row.input_tokens} in, ${row.output_tokens} out`}>
      {compact(row.input_tokens)} <span className="text-faint">/</span> {compact(row.output_tokens)}
    </span>
  );

/** A request that failed before any token has no cost worth a figure. */
const cost = (row: RequestRow) =>
  row.outcome !== "ok" && row.cost_nanos === 0 && row.output_tokens === 0 ? none : <Cost row={row} />;

// All of them fit the table of a 1280 pixel window; `from` is where each begins to.
export const COLUMNS: Column<RequestRow>[] = [
  { id: "time", header: "Time", width: "116px", cell: (row) => <Time at={row.started_at} /> },
  { id: "status", header: "Status", width: "74px", cell: (row) => <Outcome row={row} /> },
  { id: "model", header: "Model", width: "minmax(150px,3fr)", cell: (row) => <Model row={row} /> },
  {
    id: "provider",
    header: "Provider",
    width: "minmax(76px,1fr)",
    from: 830,
    cell: (row) => <span className="text-muted">{row.provider ?? none}</span>,
  },
  {
    id: "key",
    header: "Key",
    width: "minmax(84px,1.4fr)",
    from: 745,
    cell: (row) => <span title={row.key_name}>{row.key_name}</span>,
  },
  {
    id: "client",
    header: "Client",
    width: "minmax(72px,1fr)",
    from: 915,
    cell: (row) => <Client row={row} />,
  },
  { id: "tokens", header: "Tokens in / out", width: "96px", align: "right", cell: tokens },
  { id: "cost", header: "Cost", width: "76px", align: "right", cell: cost },
  {
    id: "first",
    header: "First byte",
    width: "64px",
    align: "right",
    from: 990,
    cell: (row) => (row.first_byte_us === null ? none : duration(row.first_byte_us)),
  },
  { id: "total", header: "Total", width: "60px", align: "right", cell: (row) => duration(row.latency_us) },
];

export const narrowRow = (row: RequestRow) => (
  <div className="grid min-w-0 gap-0.5">
    <p className="flex min-w-0 items-center gap-2">
      <Outcome row={row} />
      <span className="min-w-0 flex-1 truncate font-medium">
        <Model row={row} />
      </span>
      <Cost row={row} />
    </p>
    <p className="flex min-w-0 items-center gap-2 text-muted text-xs">
      <Time at={row.started_at} />
      <span className="min-w-0 flex-1 truncate">{row.key_name}</span>
      <span>{compact(row.input_tokens + row.output_tokens)} tok</span>
      <span>{duration(row.latency_us)}</span>
    </p>
  </div>
);
