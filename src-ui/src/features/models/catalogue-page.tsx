import { useNavigate, useSearch } from "@tanstack/react-router";
import { Boxes } from "lucide-react";
import { type ReactNode, useDeferredValue, useMemo, useRef } from "react";
import { useCatalogue, useProviders } from "@/api/queries";
import { Button, Switch } from "@/components/controls";
import { SearchInput } from "@/components/field";
import { Empty, ErrorNotice } from "@/components/notice";
import { Page } from "@/components/page";
import { Picker } from "@/components/picker";
import { Select } from "@/components/select";
import { VirtualTable } from "@/components/virtual-table";
import { count } from "@/lib/numbers";
import { COLUMNS, narrow } from "./catalogue-columns";
import { choices, filterModels, findModel, listed, parseSort, sortModels, sortText } from "./filter";
import { ModelDrawer } from "./model-drawer";
import { UnpricedDialog, UnpricedNotice } from "./unpriced";
import { capability, mode } from "./words";

export function CataloguePage({ views }: { views: ReactNode }) {
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
      actions={views}
    >
      <UnpricedNotice onOpen={() => change({ unpriced: true })} />
      <div className="flex flex-wrap items-center gap-2">
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
        {/* biome-ignore lint/a11y/noLabelWithoutControl: the switch is the control */}
        <label className="flex h-8 items-center gap-2 text-sm">
          <Switch
            checked={mine ?? false}
            onCheckedChange={(on) => refine({ mine: on || undefined })}
            data-testid="models-available"
          />
          Available to me
        </label>
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
      <UnpricedDialog open={search.unpriced ?? false} onClose={() => change({ unpriced: undefined })} />
    </Page>
  );
}
