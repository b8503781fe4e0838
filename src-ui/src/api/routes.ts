// One function per route that the console calls; the rest of the console only knows these names.
import type { KeyDraft, PriceOverride, ProviderChange, ProviderDraft } from "./contract";
import { call } from "./http";

export const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

export const getSession = () => call("GET", "/console/session");
export const getStatus = () => call("GET", "/console/status", { query: { tz: timeZone } });
export const setListener = (running: boolean) => call("POST", "/console/listener", { body: { running } });
export const reloadConfig = () => call("POST", "/config/reload");
export const dismissGuide = (dismissed: boolean) => call("POST", "/console/guide", { body: { dismissed } });

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

export const getModelGroups = () => call("GET", "/model/info").then((answer) => answer.data);
