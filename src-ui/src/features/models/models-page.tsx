import { useNavigate, useSearch } from "@tanstack/react-router";
import { Boxes } from "lucide-react";
import { useDeferredValue, useMemo, useRef } from "react";
import { useCatalogue, useProviders } from "@/api/queries";
import { Badge, Button, Dot, Switch } from "@/components/controls";
import { SearchInput } from "@/components/field";
import { Empty, ErrorNotice } from "@/components/notice";
import { Page } from "@/components/page";
import { Picker } from "@/components/picker";
import { Select } from "@/components/select";
import { type Column, VirtualTable } from "@/components/virtual-table";
import { perMillion } from "@/lib/money";
import { contextSize, count } from "@/lib/numbers";
import {
  choices,
  filterModels,
  findModel,
  hasEnded,
  type Listed,
  listed,
  parseSort,
  sortModels,
  sortText,
} from "./filter";
import { ModelDrawer } from "./model-drawer";
import { capability, mode } from "./words";

export function ModelsPage() {
  const search = useSearch({ from: "/models" });
  const navigate = useNavigate({ from: "/models" });
  const catalogue = useCatalogue();
  const all = useMemo(() => listed(catalogue.data?.models ?? []), [catalogue.data]);
  const query = useDeferredValue(search.q);
  const { provider, mode: ofMode, can, mine } = search;
  const sort = useMemo(() => parseSort(search.sort), [search.sort]);
  const rows = useMemo(
    () => sortModels(filterModels(all, { q: query, provider, mode: ofMode, can, mine }), sort),
    [all, query, provider, ofMode, can, mine, sort],
  );
  const lists = useMemo(
    () => ({
      providers: choices(
        all.map((m) => m.provider),
        (id) => id,
      ),
      modes: choices(
        all.map((m) => m.mode),
        mode,
      ),
      capabilities: choices(
        all.flatMap((m) => m.capabilities),
        capability,
      ),
    }),
    [all],
  );
  const providers = useProviders();
  const opened = search.open ? findModel(all, search.open, providers.data) : undefined;
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...next }), replace: !("open" in next) });
  const filtered = Boolean(search.q || provider || ofMode || can || mine);
  // The position in the list survives another filter only by accident; start at the top.
  const scroller = useRef<HTMLDivElement>(null);
  const refine = (next: Partial<typeof search>) => {
    scroller.current?.scrollTo({ top: 0 });
    change(next);
  };

  return (
    <Page
      fill
      title="Models"
      description={
        catalogue.data
          ? filtered
            ? `${count(rows.length)} of ${count(all.length)} models`
            : `${count(all.length)} models, prices in dollars per million tokens`
          : " "
      }
      actions={
        // biome-ignore lint/a11y/noLabelWithoutControl: the switch is the control
        <label className="flex items-center gap-2 text-sm">
          <Switch
            checked={mine ?? false}
            onCheckedChange={(on) => refine({ mine: on || undefined })}
            data-testid="models-available"
          />
          Available to me
        </label>
      }
    >
      <div className="flex flex-wrap gap-2">
        <SearchInput
          className="min-w-48 flex-1 basis-64"
          placeholder="Search by name, such as claude or gpt-5 mini"
          aria-label="Search models"
          data-testid="models-search"
          value={search.q ?? ""}
          onValue={(q) => refine({ q: q || undefined })}
        />
        <Picker
          filter
          label="Provider"
          any="Any provider"
          testid="models-provider"
          className="max-w-44"
          options={lists.providers}
          chosen={provider ? [provider] : []}
          onChange={([next]) => refine({ provider: next })}
        />
        <Picker
          filter
          multiple
          label="Capabilities"
          any="Any capability"
          testid="models-capability"
          className="max-w-56"
          options={lists.capabilities}
          chosen={can ? can.split(",") : []}
          onChange={(next) => refine({ can: next.join(",") || undefined })}
        />
        <Select
          filter
          label="Kind"
          any="Any kind"
          testid="models-mode"
          options={lists.modes}
          value={ofMode ?? ""}
          onChange={(next) => refine({ mode: next || undefined })}
        />
      </div>
      {catalogue.error && !catalogue.data ? (
        <ErrorNotice error={catalogue.error} onRetry={() => void catalogue.refetch()} />
      ) : (
        <VirtualTable
          label="Models"
          rows={rows}
          rowKey={(model) => model.name}
          rowTestid="model-row"
          columns={COLUMNS}
          narrow={narrow}
          openKey={search.open}
          onOpen={(model) => change({ open: model.name })}
          sort={sort}
          onSort={(next) => refine({ sort: sortText(next) })}
          loading={catalogue.isPending}
          scroller={scroller}
          empty={
            <Empty
              icon={Boxes}
              title={mine && all.length > 0 ? "No available model matches" : "No model matches"}
              testid="models-empty"
              action={
                <Button
                  onClick={() =>
                    refine({ q: undefined, provider: undefined, mode: undefined, can: undefined, mine: undefined })
                  }
                >
                  Clear all filters
                </Button>
              }
            >
              {mine ? "Only models of configured providers are shown." : "Fewer words or filters find more."}
            </Empty>
          }
        />
      )}
      <ModelDrawer
        name={search.open}
        model={opened}
        loading={catalogue.isPending}
        onClose={() => change({ open: undefined })}
      />
    </Page>
  );
}

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

const COLUMNS: Column<Listed>[] = [
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

const narrow = (model: Listed) => (
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
