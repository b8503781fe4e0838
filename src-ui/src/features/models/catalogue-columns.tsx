import { Badge, Dot } from "@/components/controls";
import type { Column } from "@/components/virtual-table";
import { perMillion } from "@/lib/money";
import { contextSize } from "@/lib/numbers";
import { hasEnded, type Listed } from "./filter";
import { capability } from "./words";

const priceCell = (pico: number | undefined) =>
  pico === undefined ? (
    <span className="text-faint">–</span>
  ) : pico === 0 ? (
    <span className="text-muted">free</span>
  ) : (
    perMillion(pico)
  );

const sizeCell = (tokens: number | null) =>
  tokens === null ? <span className="text-faint">–</span> : contextSize(tokens);

// The three that decide whether a model fits a task; the others are in the detail.
const SHOWN = ["reasoning", "vision", "tools"];

function Ends({ model }: { model: Listed }) {
  return hasEnded(model) ? <Badge>ended {model.deprecates}</Badge> : <Badge tone="warn">ends {model.deprecates}</Badge>;
}

function Name({ model }: { model: Listed }) {
  return (
    <span className="flex min-w-0 items-center gap-2">
      <span className="truncate" title={model.name}>
        <span className="text-faint">{model.provider}/</span>
        {model.name.slice(model.provider.length + 1)}
      </span>
      {model.overridden && <Badge tone="accent">own price</Badge>}
      {model.deprecates && <Ends model={model} />}
    </span>
  );
}

export const COLUMNS: Column<Listed>[] = [
  { id: "name", header: "Model", width: "minmax(220px,1fr)", sortable: true, cell: (model) => <Name model={model} /> },
  {
    id: "available",
    header: "Available",
    width: "60px",
    from: 940,
    cell: (model) =>
      model.available ? (
        <span title="A configured provider serves it">
          <Dot tone="ok" className="ml-1" />
          <span className="sr-only">available</span>
        </span>
      ) : null,
  },
  {
    id: "capabilities",
    header: "Can",
    width: "176px",
    from: 820,
    cell: (model) => (
      <span className="text-muted text-xs">
        {SHOWN.filter((c) => model.capabilities.includes(c))
          .map((c) => capability(c).toLowerCase())
          .join(", ")}
      </span>
    ),
  },
  {
    id: "context",
    header: "Context",
    width: "64px",
    align: "right",
    sortable: true,
    cell: (model) => sizeCell(model.context),
  },
  {
    id: "output_size",
    header: "Max output",
    width: "84px",
    align: "right",
    sortable: true,
    from: 900,
    cell: (model) => sizeCell(model.max_output),
  },
  {
    id: "input",
    header: "Input",
    width: "80px",
    align: "right",
    sortable: true,
    cell: (model) => priceCell(model.prices.input),
  },
  {
    id: "output",
    header: "Output",
    width: "80px",
    align: "right",
    sortable: true,
    cell: (model) => priceCell(model.prices.output),
  },
  {
    id: "cache_read",
    header: "Cache read",
    width: "80px",
    align: "right",
    from: 740,
    cell: (model) => priceCell(model.prices.cache_read),
  },
];

export const narrow = (model: Listed) => (
  <div className="min-w-0">
    <Name model={model} />
    <p className="flex gap-3 text-muted text-xs">
      {model.context !== null && <span>{contextSize(model.context)} context</span>}
      <span>
        {model.prices.input === undefined ? "no token price" : `${perMillion(model.prices.input)} in`}
        {model.prices.output !== undefined && ` · ${perMillion(model.prices.output)} out`}
      </span>
      {model.available && <span className="text-ok">available</span>}
    </p>
  </div>
);
