import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { BudgetInfo } from "@/api/contract";
import { getBudget } from "@/api/people";
import { Skeleton } from "@/components/controls";
import { ErrorNotice } from "@/components/notice";
import { Fact, Facts } from "@/components/page";
import { count, plural } from "@/lib/numbers";

type Use = BudgetInfo["used_by"][number];
type User = Use["first"][number];

type Place = "/keys" | "/users" | "/teams" | "/organizations" | "/customers" | "/tags";

/** What each kind is called, and the page that shows one. */
const KINDS: Record<string, { one: string; to: Place; open?: (user: User) => string }> = {
  keys: { one: "key", to: "/keys" },
  users: { one: "user", to: "/users" },
  teams: { one: "team", to: "/teams" },
  "team members": { one: "team member", to: "/teams", open: ({ within, id }) => within ?? id },
  organizations: { one: "organization", to: "/organizations" },
  "organization members": { one: "organization member", to: "/organizations", open: ({ within, id }) => within ?? id },
  customers: { one: "customer", to: "/customers" },
  tags: { one: "tag", to: "/tags" },
};

/** How often it is read anew while one looks: no event says who refers to it. */
const EVERY_MS = 10_000;

/** What refers to a budget, by kind; each leads to where its limits are. */
export function UsedBy({ budget }: { budget: string }) {
  const info = useQuery({
    queryKey: ["budgets", "uses", budget],
    queryFn: () => getBudget(budget).then((found) => found?.used_by ?? []),
    refetchInterval: EVERY_MS,
    staleTime: 0,
  });
  if (info.error && !info.data) return <ErrorNotice error={info.error} onRetry={() => void info.refetch()} />;
  if (!info.data) return <Skeleton className="w-48" />;
  if (info.data.length === 0) {
    return (
      <p className="text-muted text-sm" data-testid="budget-unused">
        Nothing yet. Choose it as the named budget of a key, user, team, organization, customer or tag.
      </p>
    );
  }
  return (
    <div data-testid="budget-used-by">
      <Facts>
        {info.data.map((use) => (
          <Fact key={use.kind} name={plural(use.count, KINDS[use.kind]?.one ?? use.kind)}>
            <Kind use={use} />
          </Fact>
        ))}
      </Facts>
    </div>
  );
}

function Kind({ use }: { use: Use }) {
  const kind = KINDS[use.kind];
  const further = use.count - use.first.length;
  return (
    <ul className="grid grid-cols-1 gap-0.5">
      {use.first.map((user) => (
        <li key={`${user.within} ${user.id}`} className="flex min-w-0 items-baseline gap-2">
          {kind ? (
            <Link
              to={kind.to}
              search={{ open: kind.open?.(user) ?? user.id }}
              className="min-w-0 truncate hover:underline"
              title={user.name ?? user.id}
            >
              {user.name ?? user.id}
            </Link>
          ) : (
            <span className="min-w-0 truncate">{user.name ?? user.id}</span>
          )}
          {user.within && <span className="shrink-0 text-faint text-xs">in {user.within}</span>}
        </li>
      ))}
      {further > 0 && <li className="text-faint text-xs">and {count(further)} more</li>}
    </ul>
  );
}
