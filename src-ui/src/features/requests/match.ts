import type { RequestRow } from "@/api/contract";
import type { RequestFilter } from "@/api/log";

/** How a filter names the key that has no row. */
export const ADMINISTRATOR = "administrator";

const SAME = ["user_id", "team_id", "end_user", "project", "session", "endpoint", "billing"] as const;

/** Whether a row says enough to be judged by: not of its organization, nor of what was written. */
export const canTell = (filter: RequestFilter) => !filter.q && !filter.organization_id;

/** Whether a row that just arrived belongs into the filtered list; the gateway decides the same for stored ones. */
export function matches(row: RequestRow, filter: RequestFilter): boolean {
  if (filter.from !== undefined && row.started_at < filter.from) return false;
  if (filter.to !== undefined && row.started_at >= filter.to) return false;
  if (filter.status && row.outcome !== filter.status) return false;
  if (filter.key_id && (row.key_id ?? ADMINISTRATOR) !== filter.key_id) return false;
  if (filter.provider && row.provider !== filter.provider) return false;
  if (filter.client && row.client !== filter.client) return false;
  if (filter.model && ![row.model_requested, row.model_group, row.upstream_model].includes(filter.model)) return false;
  for (const name of SAME) if (filter[name] && row[name] !== filter[name]) return false;
  if (filter.http_status && row.status !== filter.http_status) return false;
  if (filter.tag && !row.tags.includes(filter.tag)) return false;
  if (filter.unpriced !== undefined && (row.cost_nanos === null) !== filter.unpriced) return false;
  if (!filter.search) return true;
  const text = filter.search.toLowerCase();
  return [
    row.id,
    row.model_requested,
    row.upstream_model,
    row.provider,
    row.key_name,
    row.client,
    row.error_kind,
    row.error_message,
  ].some((part) => part?.toLowerCase().includes(text));
}

/** Newest first, each once: what streams in may also be in a page that was read later. */
export function merge(live: RequestRow[], stored: RequestRow[]): RequestRow[] {
  if (live.length === 0) return stored;
  const known = new Set(stored.map((row) => row.id));
  const fresh = live.filter((row) => !known.has(row.id));
  return fresh.length === 0 ? stored : [...fresh, ...stored];
}
