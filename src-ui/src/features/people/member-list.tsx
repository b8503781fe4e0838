import { Link } from "@tanstack/react-router";
import { Pencil, UserMinus, UserPlus } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/controls";
import { SearchInput } from "@/components/field";
import { UsageBar } from "@/components/usage-bar";
import type { Limited } from "@/features/limits/limits";
import { cn } from "@/lib/cn";
import { personName, personNote } from "./names";

export interface Member {
  user_id: string;
  user_email: string | null;
  user_alias?: string | null;
  role: string;
  /** What they spent there; null: it is not shown to whoever looks. */
  spend: number | null;
  limits?: Limited | null;
  resetsAt?: string | null;
}

// A search is offered once there is something to search, and lists end somewhere.
const SEARCH_FROM = 8;
const SHOWN = 100;

/** Who belongs to a team or an organization. Without `onAdd` and the others it is to be looked at. */
export function MemberList({
  members,
  roleName,
  leader,
  linked,
  empty,
  onAdd,
  onEdit,
  onRemove,
}: {
  members: Member[];
  roleName: (role: string) => string;
  /** The role that is marked. */
  leader: string;
  /** Names lead to the user's page. */
  linked: boolean;
  empty: string;
  onAdd?: () => void;
  onEdit?: (member: Member) => void;
  onRemove?: (member: Member) => void;
}) {
  const [query, setQuery] = useState("");
  const wanted = query.trim().toLowerCase();
  const found = members.filter((member) =>
    [member.user_email, member.user_alias, member.user_id].some((text) => text?.toLowerCase().includes(wanted)),
  );
  return (
    <div className="grid grid-cols-1 gap-3 px-5 py-4">
      <div className="flex items-center gap-2">
        {members.length >= SEARCH_FROM ? (
          <SearchInput
            className="flex-1"
            placeholder="Search members"
            aria-label="Search members"
            value={query}
            onValue={setQuery}
          />
        ) : (
          <span className="flex-1" />
        )}
        {onAdd && (
          <Button onClick={onAdd} data-testid="member-add">
            <UserPlus className="size-4" /> Add member
          </Button>
        )}
      </div>
      {members.length === 0 && <p className="text-muted">{empty}</p>}
      {members.length > 0 && found.length === 0 && <p className="text-muted">Nobody matches.</p>}
      <ul className="divide-y divide-line">
        {found.slice(0, SHOWN).map((member) => {
          const note = personNote(member);
          const name = personName(member);
          return (
            <li
              key={member.user_id}
              className="flex flex-wrap items-center gap-x-2 gap-y-1 py-2"
              data-testid="member"
              data-name={name}
            >
              <span className="grid min-w-0 flex-1">
                <span className="flex min-w-0">
                  {linked ? (
                    <Link
                      to="/users"
                      search={{ open: member.user_id }}
                      title={name}
                      className="truncate rounded hover:underline"
                    >
                      {name}
                    </Link>
                  ) : (
                    <span className="truncate" title={name}>
                      {name}
                    </span>
                  )}
                </span>
                <span className="truncate text-faint text-xs">
                  <span className={cn(member.role === leader && "text-accent-text")}>{roleName(member.role)}</span>
                  {note && ` · ${note}`}
                </span>
              </span>
              {member.spend !== null && (
                <UsageBar
                  dense
                  name={`Budget of ${name}`}
                  used={member.spend}
                  limit={member.limits?.max_budget ?? null}
                  period={member.limits?.budget_duration}
                  resetsAt={member.resetsAt}
                  className="shrink-0 max-sm:order-last max-sm:w-full sm:w-32"
                />
              )}
              {onEdit && (
                <Button
                  variant="ghost"
                  size="icon"
                  aria-label={`Change ${name}`}
                  data-testid="member-edit"
                  onClick={() => onEdit(member)}
                >
                  <Pencil className="size-4" />
                </Button>
              )}
              {onRemove && (
                <Button
                  variant="ghost"
                  size="icon"
                  aria-label={`Take out ${name}`}
                  data-testid="member-remove"
                  onClick={() => onRemove(member)}
                >
                  <UserMinus className="size-4" />
                </Button>
              )}
            </li>
          );
        })}
      </ul>
      {found.length > SHOWN && (
        <p className="text-faint text-xs">And {found.length - SHOWN} more: search to find them.</p>
      )}
    </div>
  );
}
