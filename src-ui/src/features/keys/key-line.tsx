import { Link, useNavigate } from "@tanstack/react-router";
import { Ban, CirclePlay, Ellipsis, ScrollText, Trash2 } from "lucide-react";
import { toast } from "sonner";
import type { KeyRow } from "@/api/contract";
import { useWrite } from "@/api/queries";
import { blockKey, unblockKey } from "@/api/routes";
import { Badge, Button } from "@/components/controls";
import { Menu, MenuItem, MenuLine } from "@/components/menu";
import { ErrorNotice } from "@/components/notice";
import { cn } from "@/lib/cn";
import { dollars } from "@/lib/money";
import { compact, percent } from "@/lib/numbers";
import { fullTime, relative } from "@/lib/time";
import { useNow } from "@/lib/use-hooks";
import { keyState, nameOf, period } from "./key-state";

export function KeyLine({ row, onRevoke }: { row: KeyRow; onRevoke: () => void }) {
  const now = useNow();
  const navigate = useNavigate();
  const state = keyState(row, now);
  const block = useWrite((on: boolean) => (on ? blockKey(row.token) : unblockKey(row.token)), ["keys"]);
  const name = nameOf(row);
  return (
    <div data-testid="key-row" data-name={name} className="px-4 py-3">
      <div className="flex flex-wrap items-center gap-x-6 gap-y-2">
        <div className="min-w-0 flex-1 basis-52 max-sm:basis-[calc(100%-64px)]">
          <p className="flex min-w-0 items-center gap-2">
            <Link
              to="/requests"
              search={{ key_id: row.key_id }}
              className="truncate rounded font-medium hover:underline"
              title={name}
            >
              {name}
            </Link>
            {state && (
              <Badge tone={state.tone} title={row.expires ? fullTime(row.expires) : undefined}>
                {state.word}
              </Badge>
            )}
          </p>
          <p className="truncate text-faint text-xs">
            <span className="font-mono">{row.key_name}</span> ·{" "}
            {row.last_used_at ? `used ${relative(row.last_used_at, now)}` : "never used"}
            {row.expires && !state && ` · expires ${relative(row.expires, now)}`}
          </p>
        </div>
        <div className="min-w-0 flex-1 basis-40 text-xs max-sm:order-2 max-sm:basis-32">
          <p className="truncate text-muted" title={row.models.join("\n")}>
            {row.models.length === 0
              ? "All models"
              : row.models.length === 1
                ? row.models[0]
                : `${row.models[0]} and ${row.models.length - 1} more`}
          </p>
          <p className="truncate text-faint">{limits(row)}</p>
        </div>
        <Spend row={row} now={now} />
        <Menu
          trigger={
            <Button variant="ghost" size="icon" aria-label={`More for ${name}`} data-testid="key-menu">
              <Ellipsis className="size-4" />
            </Button>
          }
        >
          <MenuItem onSelect={() => void navigate({ to: "/requests", search: { key_id: row.key_id } })}>
            <ScrollText aria-hidden className="size-4 text-faint" /> Its requests
          </MenuItem>
          <MenuItem
            data-testid="key-block"
            onSelect={() =>
              block.mutate(!row.blocked, {
                onSuccess: () =>
                  toast.success(
                    row.blocked ? `${name} works again.` : `${name} is blocked; its calls are refused from now on.`,
                  ),
              })
            }
          >
            {row.blocked ? (
              <CirclePlay aria-hidden className="size-4 text-faint" />
            ) : (
              <Ban aria-hidden className="size-4 text-faint" />
            )}
            {row.blocked ? "Unblock" : "Block"}
          </MenuItem>
          <MenuLine />
          <MenuItem danger onSelect={onRevoke} data-testid="key-revoke">
            <Trash2 aria-hidden className="size-4" /> Revoke
          </MenuItem>
        </Menu>
      </div>
      {block.error && <ErrorNotice error={block.error} className="mt-2" />}
    </div>
  );
}

function Spend({ row, now }: { row: KeyRow; now: number }) {
  const share = row.max_budget === null || row.max_budget === 0 ? null : row.spend / row.max_budget;
  const reset = row.budget_reset_at ? `resets ${relative(row.budget_reset_at, now)}` : "in all";
  return (
    <div className="w-44 text-xs max-sm:order-3 max-sm:w-auto max-sm:flex-1 max-sm:basis-32" data-testid="key-spend">
      <p className="flex items-baseline justify-between gap-2">
        <span className="font-medium text-sm">{dollars(row.spend)}</span>
        <span className="truncate text-faint">
          {row.max_budget === null ? "no budget" : `of ${dollars(row.max_budget)}`}
        </span>
      </p>
      {share !== null && (
        <>
          <div
            role="meter"
            aria-label="Budget used"
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={Math.min(100, Math.round(share * 100))}
            aria-valuetext={`${percent(share)} of the budget`}
            className="mt-1 h-1 overflow-hidden rounded-full bg-hover"
          >
            <div
              className={cn(
                "h-full rounded-full",
                share >= 1 ? "bg-bad-dot" : share >= 0.8 ? "bg-warn-dot" : "bg-accent",
              )}
              style={{ width: `${Math.min(100, share * 100)}%` }}
            />
          </div>
          <p className="mt-0.5 truncate text-faint">
            {row.budget_duration ? `per ${period(row.budget_duration).replace(/^an? /, "")}, ${reset}` : reset}
          </p>
        </>
      )}
    </div>
  );
}

function limits(row: KeyRow) {
  const parts = [];
  if (row.rpm_limit !== null) parts.push(`${compact(row.rpm_limit)} requests/min`);
  if (row.tpm_limit !== null) parts.push(`${compact(row.tpm_limit)} tokens/min`);
  if (row.max_parallel_requests !== null) parts.push(`${row.max_parallel_requests} at once`);
  return parts.length > 0 ? parts.join(" · ") : "No rate limit";
}
