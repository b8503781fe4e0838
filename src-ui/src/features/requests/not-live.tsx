import { RotateCw } from "lucide-react";
import type { RequestFilter } from "@/api/log";
import { Button } from "@/components/controls";
import { plural } from "@/lib/numbers";
import { clockTime } from "@/lib/time";

/** Why the list stands still, where it does, and the way to what is newer. */
export function NotLive({
  filter,
  readAt,
  unread,
  busy,
  onRefresh,
}: {
  filter: RequestFilter;
  /** When it was read; 0: not yet. */
  readAt: number;
  /** So many arrived since then of which everything else that is asked for is true. */
  unread: number;
  busy: boolean;
  onRefresh: () => void;
}) {
  return (
    <div
      className="flex flex-wrap items-center gap-x-3 gap-y-1.5 rounded-lg border border-line bg-sunken px-3 py-1.5 text-xs"
      data-testid="not-live"
    >
      <p className="min-w-0 flex-1 basis-64 text-muted">
        <strong className="font-medium text-text">Not live.</strong> {reason(filter)}
        {readAt > 0 && <span className="text-faint"> As of {clockTime(readAt)}.</span>}
      </p>
      <span role="status" className="flex items-center gap-3">
        {unread > 0 && <span data-testid="not-live-unread">{plural(unread, "request")} since then may match</span>}
      </span>
      <Button size="sm" busy={busy} data-testid="read-anew" onClick={onRefresh}>
        <RotateCw className="size-3.5" /> Refresh
      </Button>
    </div>
  );
}

function reason({ q, organization_id }: RequestFilter) {
  const unknown = [q && "the words in it", organization_id && "its organization"].filter(Boolean).join(" and ");
  return `A request arrives here without ${unknown}: only the gateway can tell whether it matches, when it is asked.`;
}
