import { Link } from "@tanstack/react-router";
import { Skeleton } from "@/components/controls";
import { useCustomers } from "@/features/customers/use-customers";
import { useOrganizations } from "@/features/people/use-choices";

const SHOWN = 8;

/** What refers to a budget, of those lists that say it as a whole. */
export function UsedBy({ budget }: { budget: string }) {
  const organizations = useOrganizations();
  const customers = useCustomers();
  if (organizations.isPending || customers.isPending) return <Skeleton className="w-48" />;
  const theirs = [
    ...(organizations.data ?? [])
      .filter(({ budget_id }) => budget_id === budget)
      .map((row) => ({ to: "/organizations" as const, id: row.organization_id, name: row.organization_alias })),
    ...(customers.data ?? [])
      .filter(({ budget_id }) => budget_id === budget)
      .map((row) => ({ to: "/customers" as const, id: row.user_id, name: row.alias || row.user_id })),
  ];
  return (
    <>
      {theirs.length > 0 && (
        <ul className="mb-2 grid grid-cols-1 gap-1">
          {theirs.slice(0, SHOWN).map(({ to, id, name }) => (
            <li key={`${to}${id}`} className="flex items-baseline justify-between gap-3">
              <Link to={to} search={{ open: id }} className="min-w-0 truncate hover:underline">
                {name}
              </Link>
              <span className="shrink-0 text-faint text-xs">{to === "/customers" ? "customer" : "organization"}</span>
            </li>
          ))}
          {theirs.length > SHOWN && <li className="text-faint text-xs">and {theirs.length - SHOWN} more</li>}
        </ul>
      )}
      <p className="text-faint text-xs">
        {theirs.length === 0 ? "No organization and no customer. " : ""}
        Keys, users and teams that refer to it show it among their limits.
      </p>
    </>
  );
}
