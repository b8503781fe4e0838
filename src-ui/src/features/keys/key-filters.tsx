import { useEffect, useState } from "react";
import { useAccess } from "@/api/access";
import { Button } from "@/components/controls";
import { SearchInput } from "@/components/field";
import { Select } from "@/components/select";
import type { Sort } from "@/components/virtual-table";
import { OrganizationPicker, TeamPicker, UserPicker } from "@/features/pickers/pickers";
import { useDebounced } from "@/lib/use-hooks";

export interface KeySearch {
  q?: string;
  team?: string;
  user?: string;
  organization?: string;
  state?: "revoked";
  sort?: string;
}

const ORDERS = [
  { value: "", label: "Newest first" },
  { value: "-spend", label: "Most spent" },
  { value: "-max_budget", label: "Largest budget" },
  { value: "key_alias", label: "By name" },
];
const SORTED_BY = ["created_at", "spend", "max_budget", "key_alias"] as const;
export type SortedBy = (typeof SORTED_BY)[number];

export function parseSort(text: string | undefined): Sort & { by: SortedBy } {
  const by = SORTED_BY.find((name) => name === text?.replace(/^-/, ""));
  return by ? { by, descending: text!.startsWith("-") } : { by: "created_at", descending: true };
}
export const sortText = ({ by, descending }: Sort) =>
  by === "created_at" && descending ? undefined : `${descending ? "-" : ""}${by}`;

export function KeyFilters({ search, onChange }: { search: KeySearch; onChange: (change: KeySearch) => void }) {
  const { may } = useAccess();
  const sort = search.sort ?? "";
  const orders = ORDERS.some(({ value }) => value === sort)
    ? ORDERS
    : [...ORDERS, { value: sort, label: "As the header says" }];
  const filtered = Boolean(search.q || search.team || search.user || search.organization || search.state);
  return (
    <div className="flex flex-wrap gap-2">
      <Search value={search.q ?? ""} onValue={(q) => onChange({ q: q || undefined })} />
      {may("GET /v2/team/list") && (
        <TeamPicker
          filter
          any="Any team"
          testid="keys-team"
          className="max-w-44"
          value={search.team}
          onChange={(team) => onChange({ team })}
        />
      )}
      {may("GET /user/list") && (
        <UserPicker
          filter
          any="Any user"
          testid="keys-user"
          className="max-w-44"
          value={search.user}
          onChange={(user) => onChange({ user })}
        />
      )}
      {may("GET /organization/list") && (
        <OrganizationPicker
          filter
          any="Any organization"
          testid="keys-organization"
          className="max-w-48"
          value={search.organization}
          onChange={(organization) => onChange({ organization })}
        />
      )}
      <Select
        filter
        label="State"
        any="Not revoked"
        testid="keys-state"
        options={[{ value: "revoked", label: "Revoked" }]}
        value={search.state ?? ""}
        onChange={(state) => onChange({ state: state === "revoked" ? "revoked" : undefined })}
      />
      <Select
        label="Order"
        testid="keys-order"
        options={orders.map((order) => ({ ...order, value: order.value || "newest" }))}
        value={sort || "newest"}
        onChange={(next) => onChange({ sort: next === "newest" ? undefined : next })}
      />
      {filtered && (
        <Button
          variant="ghost"
          data-testid="keys-clear"
          onClick={() =>
            onChange({ q: undefined, team: undefined, user: undefined, organization: undefined, state: undefined })
          }
        >
          Clear
        </Button>
      )}
    </div>
  );
}

/** Typed at once, asked for when the typing pauses. */
function Search({ value, onValue }: { value: string; onValue: (value: string) => void }) {
  const [text, setText] = useState(value);
  const settled = useDebounced(text, 250);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what was typed is told, not what came from the address
  useEffect(() => {
    if (settled !== value) onValue(settled);
  }, [settled]);
  useEffect(() => setText(value), [value]);
  return (
    <SearchInput
      className="min-w-48 flex-1 basis-56"
      placeholder="Search by name, user, team or the key's end"
      aria-label="Search keys"
      data-testid="keys-search"
      value={text}
      onValue={setText}
    />
  );
}
