import { Link } from "@tanstack/react-router";
import type { KeyRow } from "@/api/contract";
import { Badge } from "@/components/controls";
import { UsageBar } from "@/components/usage-bar";
import { relative } from "@/lib/time";
import { useNow } from "@/lib/use-hooks";

// A team may have thousands; the keys' own page has them all.
const SHOWN = 20;

/** Keys of somebody or of a team, with what each used. */
export function KeyList({ keys, empty }: { keys: KeyRow[]; empty: string }) {
  const now = useNow();
  if (keys.length === 0) return <p className="text-muted">{empty}</p>;
  return (
    <>
      <ul className="-my-2 divide-y divide-line">
        {keys.slice(0, SHOWN).map((key) => {
          const name = key.key_alias || key.key_name;
          const expired = key.expires !== null && Date.parse(key.expires) <= now;
          return (
            <li key={key.token} className="flex items-center gap-3 py-2" data-testid="owned-key">
              <span className="grid min-w-0 flex-1">
                <span className="flex min-w-0 items-center gap-2">
                  <span className="truncate" title={name}>
                    {name}
                  </span>
                  {key.blocked && <Badge tone="bad">blocked</Badge>}
                  {expired && <Badge>expired</Badge>}
                </span>
                <span className="truncate text-faint text-xs">
                  <span className="font-mono">{key.key_name}</span>
                  {key.expires && !expired && ` · expires ${relative(key.expires, now)}`}
                </span>
              </span>
              <UsageBar dense name="Budget" used={key.spend} limit={key.max_budget} className="w-36" />
            </li>
          );
        })}
      </ul>
      {keys.length > SHOWN && (
        <p className="mt-3 text-faint text-xs">
          And {keys.length - SHOWN} more: see{" "}
          <Link to="/keys" className="text-accent-text hover:underline">
            Keys
          </Link>
          .
        </p>
      )}
    </>
  );
}
