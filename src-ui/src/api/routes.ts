// One function per route that the console calls; the rest of the console only knows these names.
import type { KeyDraft, Overview, PriceOverride, ProviderChange, ProviderDraft, RequestRow } from "./contract";
import { call, query } from "./http";

export const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

export const getSession = () => call("GET", "/console/session");
export const getStatus = () => call("GET", "/console/status", { query: { tz: timeZone } });
export const setListener = (running: boolean) => call("POST", "/console/listener", { body: { running } });
export const reloadConfig = () => call("POST", "/config/reload");
export const dismissGuide = (dismissed: boolean) => call("POST", "/console/guide", { body: { dismissed } });

export const getOverview = (range: Overview["range"]) =>
  call("GET", "/console/overview", { query: { range, tz: timeZone } });

export const getCatalogue = () => call("GET", "/console/catalogue");
export const putPrice = (provider: string, model: string, prices: PriceOverride) =>
  call("PUT", "/console/prices/{provider}/{model}", { path: { provider, model }, body: prices });
export const deletePrice = (provider: string, model: string) =>
  call("DELETE", "/console/prices/{provider}/{model}", { path: { provider, model } });

export const getPresets = () => call("GET", "/console/presets").then((answer) => answer.presets);
export const getProviders = () => call("GET", "/console/providers").then((answer) => answer.providers);
export const createProvider = (draft: ProviderDraft) => call("POST", "/console/providers", { body: draft });
export const updateProvider = (id: string, change: ProviderChange) =>
  call("PATCH", "/console/providers/{id}", { path: { id }, body: change });
export const deleteProvider = (id: string, cascade: boolean) =>
  call("DELETE", "/console/providers/{id}", { path: { id }, query: { cascade: cascade || undefined } });
export const testProvider = (id: string) => call("POST", "/console/providers/{id}/test", { path: { id } });
export const testDraft = (draft: Omit<ProviderDraft, "name">) =>
  call("POST", "/console/providers/test", { body: draft });

export const issueKey = (draft: KeyDraft) => call("POST", "/key/generate", { body: draft });
export const revokeKey = (token: string) => call("POST", "/key/delete", { body: { keys: [token] } });
export const blockKey = (token: string) => call("POST", "/key/block", { body: { key: token } });
export const unblockKey = (token: string) => call("POST", "/key/unblock", { body: { key: token } });

export interface RequestFilter {
  status?: RequestRow["outcome"];
  model?: string;
  provider?: string;
  key_id?: string;
  client?: string;
  search?: string;
  /** From this moment on, and before that one: UTC milliseconds. */
  from?: number;
  to?: number;
}

/** The smallest id that a request of this moment may have: ids are UUIDv7, which begin with their time. */
export const firstIdAt = (at: number) => {
  const time = Math.floor(at).toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`;
};

// The ledger is read backwards from an id: a span's end is where reading begins, and what is older than its start ends it.
export async function getRequests({ from, to, ...filter }: RequestFilter, before: string | null, limit = 100) {
  const start = before ?? (to === undefined ? undefined : firstIdAt(to));
  const page = await call("GET", "/console/requests", { query: { limit, before: start, ...filter } });
  if (from === undefined) return page;
  const requests = page.requests.filter((row) => row.started_at >= from);
  return { requests, next: requests.length < page.requests.length ? null : page.next };
}
/** Where the same as a file comes from. Only the end of a span is in it; see `cutBefore` for its start. */
export const exportPath = (format: "csv" | "jsonl", { from: _, to, ...filter }: RequestFilter) =>
  `/console/requests/export${query({ format, before: to === undefined ? undefined : firstIdAt(to), ...filter })}`;
export const getRequest = (id: string) => call("GET", "/console/requests/{id}", { path: { id } });

export const getModelGroups = () => call("GET", "/model/info").then((answer) => answer.data);
