import { SlidersHorizontal } from "lucide-react";
import { useMemo, useState } from "react";
import type { RequestRow } from "@/api/contract";
import type { RequestFilter } from "@/api/log";
import { useProviders } from "@/api/queries";
import { Button } from "@/components/controls";
import { SearchInput } from "@/components/field";
import { Picker } from "@/components/picker";
import { Select } from "@/components/select";
import { useFoundKeys } from "@/features/pickers/use-found";
import { useSpent } from "@/features/pickers/use-spent";
import { useSettled } from "@/lib/use-hooks";
import { FilterChips, furtherCount } from "./filter-chips";
import { ADMINISTRATOR } from "./match";
import { MoreFilters } from "./more-filters";
import { SpanFilter } from "./span-filter";

const STATUSES = [
  { value: "ok", label: "Succeeded" },
  { value: "error", label: "Failed" },
  { value: "cancelled", label: "Cancelled" },
];

/** The few that one uses all day, the rest one click away; what is set shows as a chip, wherever it was set. */
export function RequestFilters({
  filter,
  keyName,
  onChange,
}: {
  filter: RequestFilter;
  /** What the key is called that the requests are narrowed to. */
  keyName: string | undefined;
  onChange: (filter: RequestFilter) => void;
}) {
  const [more, setMore] = useState(false);
  const models = useSpent("model", filter.model);
  const usedProviders = useSpent("provider", filter.provider);
  const keys = useFoundKeys();
  const providers = useProviders();
  const keyChoices = useMemo(() => {
    const chosen = filter.key_id ? [{ value: filter.key_id, label: keyName ?? "One key" }] : [];
    const all = [...keys.options, { value: ADMINISTRATOR, label: "administrator" }];
    return [...chosen.filter(({ value }) => !all.some((option) => option.value === value)), ...all];
  }, [keys.options, filter.key_id, keyName]);
  // Those that are configured, and those that were: also for those who may not see how they are set up.
  const providerChoices = useMemo(() => {
    const known = (providers.data ?? []).map(({ name }) => ({ value: name, label: name }));
    return [...known, ...usedProviders.options.filter(({ value }) => !known.some((p) => p.value === value))];
  }, [providers.data, usedProviders.options]);
  const one = (name: "model" | "provider" | "key_id") => (filter[name] ? [filter[name]] : []);
  const set = (change: RequestFilter) => onChange({ ...filter, ...change });
  const further = furtherCount(filter);
  return (
    <div className="grid grid-cols-1 gap-2">
      <div className="flex flex-wrap gap-2">
        <Search value={filter.search ?? ""} onValue={(search) => set({ search: search || undefined })} />
        <Select
          filter
          label="Status"
          any="Any status"
          testid="filter-status"
          options={STATUSES}
          value={filter.status ?? ""}
          onChange={(status) => set({ status: (status as RequestRow["outcome"]) || undefined })}
        />
        <Picker
          filter
          label="Model"
          any="Any model"
          testid="filter-model"
          className="max-w-44"
          {...models}
          chosen={one("model")}
          onChange={([model]) => set({ model })}
        />
        <Picker
          filter
          label="Provider"
          any="Any provider"
          testid="filter-provider"
          className="max-w-44"
          {...usedProviders}
          options={providerChoices}
          chosen={one("provider")}
          onChange={([provider]) => set({ provider })}
        />
        <Picker
          filter
          label="Key"
          any="Any key"
          testid="filter-key"
          className="max-w-44"
          {...keys}
          options={keyChoices}
          chosen={one("key_id")}
          onChange={([key_id]) => set({ key_id })}
        />
        <SpanFilter from={filter.from} to={filter.to} onChange={set} />
        <Button aria-expanded={more} data-testid="filter-more" onClick={() => setMore(!more)}>
          <SlidersHorizontal className="size-3.5" /> More filters
          {further > 0 && <span className="text-faint">({further})</span>}
        </Button>
      </div>
      {more && <MoreFilters filter={filter} set={set} />}
      <FilterChips filter={filter} set={set} onClear={() => onChange({})} />
    </div>
  );
}

/** Each letter would be a query over the ledger: it waits for a pause in the typing. */
function Search({ value, onValue }: { value: string; onValue: (value: string) => void }) {
  const [typed, setTyped] = useSettled(value, onValue);
  return (
    <SearchInput
      className="min-w-44 flex-1 basis-52"
      placeholder="Search id, model, key, client or error"
      aria-label="Search requests"
      data-testid="requests-search"
      value={typed}
      onValue={setTyped}
    />
  );
}
