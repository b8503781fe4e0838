import { X } from "lucide-react";
import type { ReactNode } from "react";
import { useAccess } from "@/api/access";
import type { RequestFilter } from "@/api/log";
import { Button } from "@/components/controls";
import { useOrganizationOptions } from "@/features/people/use-choices";
import { TeamName, UserName } from "./belongs";
import { spanText } from "./span";

type Name = keyof RequestFilter;

/** Those that are set behind "More filters", in its order, and what each is called. */
const FURTHER: [name: Name, word: string][] = [
  ["user_id", "User"],
  ["team_id", "Team"],
  ["organization_id", "Organization"],
  ["end_user", "End user"],
  ["project", "Project"],
  ["session", "Session"],
  ["tag", "Tag"],
  ["client", "Client"],
  ["endpoint", "Endpoint"],
  ["billing", "Billing"],
  ["unpriced", "Price"],
  ["http_status", "HTTP status"],
  ["q", "Contains"],
];

export const furtherCount = (filter: RequestFilter) => FURTHER.filter(([name]) => filter[name] !== undefined).length;

export const BILLING_WORDS = [
  { value: "api", label: "By the token" },
  { value: "subscription", label: "Within a subscription" },
  { value: "local", label: "Local" },
];

/** What the list is narrowed to beyond the lists above it: each goes with a click. */
export function FilterChips({
  filter,
  set,
  onClear,
}: {
  filter: RequestFilter;
  set: (change: RequestFilter) => void;
  onClear: () => void;
}) {
  const chips: ReactNode[] = FURTHER.filter(([name]) => filter[name] !== undefined).map(([name, word]) => (
    <Chip key={name} word={word} testid={`chip-${name}`} onRemove={() => set({ [name]: undefined })}>
      <Value name={name} filter={filter} />
    </Chip>
  ));
  if (filter.from !== undefined || filter.to !== undefined)
    chips.unshift(
      <Chip key="span" word="Time" testid="filter-span" onRemove={() => set({ from: undefined, to: undefined })}>
        {spanText(filter.from, filter.to)}
      </Chip>,
    );
  if (Object.values(filter).every((value) => value === undefined)) return null;
  return (
    <div className="flex flex-wrap items-center gap-2" data-testid="filter-chips">
      {chips}
      <Button size="sm" variant="ghost" onClick={onClear} data-testid="filter-clear">
        Clear all filters
      </Button>
    </div>
  );
}

function Value({ name, filter }: { name: Name; filter: RequestFilter }): ReactNode {
  const { may } = useAccess();
  const value = String(filter[name]);
  if (name === "user_id" && may("GET /user/list")) return <UserName id={value} />;
  if (name === "team_id" && may("GET /v2/team/list")) return <TeamName id={value} />;
  if (name === "organization_id") return <OrganizationName id={value} />;
  if (name === "billing") return BILLING_WORDS.find((option) => option.value === value)?.label ?? value;
  if (name === "unpriced") return filter.unpriced ? "unpriced only" : "priced only";
  return value;
}

const OrganizationName = ({ id }: { id: string }) =>
  useOrganizationOptions().find(({ value }) => value === id)?.label ?? id;

function Chip({
  word,
  children,
  onRemove,
  testid,
}: {
  word: string;
  children: ReactNode;
  onRemove: () => void;
  testid: string;
}) {
  return (
    <Button size="sm" className="min-w-0 max-w-72 shrink border-accent" onClick={onRemove} data-testid={testid}>
      <span className="text-muted">{word}</span>
      <span className="max-w-52 truncate">{children}</span>
      <X aria-hidden className="size-3 shrink-0" />
      <span className="sr-only">: take the filter away</span>
    </Button>
  );
}
