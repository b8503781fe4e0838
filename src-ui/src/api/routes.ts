// One function per route that the console calls; the rest of the console only knows these names.
import type {
  Catalogue,
  CatalogueModel,
  KeyRow,
  Overview,
  Preset,
  Provider,
  ProviderTest,
  RequestDetail,
  RequestRow,
  Session,
  Status,
} from "./contract";
import { call, query } from "./http";

const part = encodeURIComponent;
export const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

export const getSession = () => call<Session>("GET", "/console/session");
export const getStatus = () => call<Status>("GET", `/console/status${query({ tz: timeZone })}`);
export const setListener = (running: boolean) => call<Status["listener"]>("POST", "/console/listener", { running });
export const dismissGuide = (dismissed: boolean) => call<void>("POST", "/console/guide", { dismissed });

export const getOverview = (range: Overview["range"]) =>
  call<Overview>("GET", `/console/overview${query({ range, tz: timeZone })}`);

export const getCatalogue = () => call<Catalogue>("GET", "/console/catalogue");
// A model's name may hold slashes that belong to the path: provider/vendor/model.
const pricePath = (provider: string, model: string) =>
  `/console/prices/${part(provider)}/${model.split("/").map(part).join("/")}`;
export const putPrice = (provider: string, model: string, prices: Record<string, number>) =>
  call<CatalogueModel>("PUT", pricePath(provider, model), prices);
export const deletePrice = (provider: string, model: string) => call<void>("DELETE", pricePath(provider, model));

export const getPresets = () => call<{ presets: Preset[] }>("GET", "/console/presets").then((r) => r.presets);
export const getProviders = () => call<{ providers: Provider[] }>("GET", "/console/providers").then((r) => r.providers);
export interface ProviderDraft {
  preset: string;
  name?: string;
  base_url?: string;
  api_key?: string;
}
export interface ProviderChange {
  name?: string;
  base_url?: string;
  api_key?: string;
  enabled?: boolean;
}
export const createProvider = (draft: ProviderDraft) => call<Provider>("POST", "/console/providers", draft);
export const updateProvider = (id: string, change: ProviderChange) =>
  call<Provider>("PATCH", `/console/providers/${part(id)}`, change);
export const deleteProvider = (id: string) => call<void>("DELETE", `/console/providers/${part(id)}`);
export const testProvider = (id: string) => call<ProviderTest>("POST", `/console/providers/${part(id)}/test`);
export const testDraft = (draft: Omit<ProviderDraft, "name">) =>
  call<ProviderTest>("POST", "/console/providers/test", draft);

export interface KeyDraft {
  key_alias?: string;
  duration?: string;
  models?: string[];
  max_budget?: number;
  budget_duration?: string;
  rpm_limit?: number;
  tpm_limit?: number;
  max_parallel_requests?: number;
}
export interface IssuedKey {
  key: string;
  token: string;
  key_name: string;
  key_alias: string | null;
  expires: string | null;
  models: string[];
}
interface KeyPage {
  keys: KeyRow[];
  total_count: number;
  current_page: number;
  total_pages: number;
}
/** All keys: a person has dozens, so pages are joined here. */
export async function getKeys(): Promise<KeyRow[]> {
  const rows: KeyRow[] = [];
  for (let page = 1; ; page++) {
    const answer = await call<KeyPage>("GET", `/key/list${query({ return_full_object: "true", page, size: 100 })}`);
    rows.push(...answer.keys);
    if (page >= answer.total_pages || answer.keys.length === 0) return rows;
  }
}
export const issueKey = (draft: KeyDraft) => call<IssuedKey>("POST", "/key/generate", draft);
export const revokeKey = (token: string) => call<unknown>("POST", "/key/delete", { keys: [token] });
export const blockKey = (token: string) => call<unknown>("POST", "/key/block", { key: token });
export const unblockKey = (token: string) => call<unknown>("POST", "/key/unblock", { key: token });

export interface RequestFilter {
  status?: RequestRow["outcome"];
  model?: string;
  provider?: string;
  key_id?: string;
  client?: string;
  search?: string;
}
export const getRequests = (filter: RequestFilter, before: string | null, limit = 100) =>
  call<{ requests: RequestRow[]; next: string | null }>(
    "GET",
    `/console/requests${query({ limit, before, ...filter })}`,
  );
export const getRequest = (id: string) => call<RequestDetail>("GET", `/console/requests/${part(id)}`);

export interface ModelInfo {
  model_name: string;
  litellm_params: { model?: string } & Record<string, unknown>;
  model_info: Record<string, unknown>;
}
export const getModelGroups = () => call<{ data: ModelInfo[] }>("GET", "/model/info").then((r) => r.data);
