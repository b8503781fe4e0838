import { useEffect, useMemo, useState } from "react";
import type { RequestRow } from "@/api/contract";
import { useOverview, useProviders } from "@/api/queries";
import type { RequestFilter } from "@/api/routes";
import { Button } from "@/components/controls";
import { SearchInput } from "@/components/field";
import { Picker } from "@/components/picker";
import { Select } from "@/components/select";
import { useFoundKeys } from "@/features/pickers/use-found";
import { useDebounced } from "@/lib/use-hooks";
import { ADMINISTRATOR } from "./match";
import { spanText } from "./span";

const STATUSES = [
  { value: "ok", label: "Succeeded" },
  { value: "error", label: "Failed" },
  { value: "cancelled", label: "Cancelled" },
];

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
  const month = useOverview("30d");
  const keys = useFoundKeys();
  const providers = useProviders();
  const models = useMemo(
    () => [...new Set(month.data?.models.map((entry) => entry.model))].map((value) => ({ value, label: value })),
    [month.data],
  );
  const keyChoices = useMemo(() => {
    const chosen = filter.key_id ? [{ value: filter.key_id, label: keyName ?? "One key" }] : [];
    const all = [...keys.options, { value: ADMINISTRATOR, label: "administrator" }];
    return [...chosen.filter(({ value }) => !all.some((option) => option.value === value)), ...all];
  }, [keys.options, filter.key_id, keyName]);
  const providerChoices = useMemo(
    () => (providers.data ?? []).map((p) => ({ value: p.name, label: p.name })),
    [providers.data],
  );
  const one = (name: "model" | "provider" | "key_id") => (filter[name] ? [filter[name]] : []);
  const set = (change: RequestFilter) => onChange({ ...filter, ...change });
  const active = Object.values(filter).some((value) => value !== undefined);
  return (
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
        options={models}
        chosen={one("model")}
        onChange={([model]) => set({ model })}
      />
      <Picker
        filter
        label="Provider"
        any="Any provider"
        testid="filter-provider"
        className="max-w-44"
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
      {filter.client && (
        <Chip label={`Client ${filter.client}`} onRemove={() => set({ client: undefined })}>
          {filter.client}
        </Chip>
      )}
      {(filter.from !== undefined || filter.to !== undefined) && (
        <Chip
          label={`Time ${spanText(filter.from, filter.to)}`}
          testid="filter-span"
          onRemove={() => set({ from: undefined, to: undefined })}
        >
          {spanText(filter.from, filter.to)}
        </Chip>
      )}
      {active && (
        <Button variant="ghost" onClick={() => onChange({})} data-testid="filter-clear">
          Clear
        </Button>
      )}
    </div>
  );
}

/** What is narrowed from elsewhere: it can only be taken away here. */
function Chip({
  label,
  children,
  onRemove,
  testid,
}: {
  label: string;
  children: string;
  onRemove: () => void;
  testid?: string;
}) {
  return (
    <Button
      className="max-w-64 border-accent"
      onClick={onRemove}
      aria-label={`${label}: take the filter away`}
      data-testid={testid}
    >
      <span className="truncate">{children}</span> ×
    </Button>
  );
}

/** Each letter would be a query over the ledger: it waits for a pause in the typing. */
function Search({ value, onValue }: { value: string; onValue: (value: string) => void }) {
  const [typed, setTyped] = useState(value);
  const settled = useDebounced(typed, 250);
  useEffect(() => setTyped(value), [value]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a settled text is a change
  useEffect(() => {
    if (settled !== value && settled === typed) onValue(settled);
  }, [settled]);
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
