// Routes of keys and deployments as governance has them, typed by hand until the description has them: then the shapes move to
// contract.ts and the functions to routes.ts.
import type { IssuedKey, KeyRow, ModelInfo } from "./contract";
import { query, send } from "./http";
import type { Method } from "./operation";

interface Asked {
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
}
const ask = <T>(method: Method, path: string, { query: asked = {}, body }: Asked = {}) =>
  send(method, path + query(asked), body) as Promise<T>;

export type FullKey = KeyRow;
export type ShownKey = IssuedKey;

/** Members are the gateway's: absent changes nothing, null clears. */
export interface FullKeyDraft {
  key_alias?: string;
  duration?: string;
  models?: string[];
  user_id?: string | null;
  team_id?: string | null;
  organization_id?: string | null;
  budget_id?: string | null;
  metadata?: Record<string, unknown>;
  aliases?: Record<string, string>;
  tags?: string[];
  key_type?: string;
  allowed_routes?: string[];
  blocked?: boolean;
  auto_rotate?: boolean;
  rotation_interval?: string | null;
  temp_budget_increase?: number | null;
  temp_budget_expiry?: string | null;
  max_budget?: number | null;
  soft_budget?: number | null;
  budget_duration?: string | null;
  rpm_limit?: number | null;
  tpm_limit?: number | null;
  max_parallel_requests?: number | null;
  model_max_budget?: Record<string, unknown>;
  model_rpm_limit?: Record<string, number>;
  model_tpm_limit?: Record<string, number>;
  keep_bodies_days?: number | null;
  redact?: string[];
  redact_patterns?: string[];
}

export interface KeyQuery {
  page: number;
  size: number;
  search?: string;
  key_hash?: string;
  team_id?: string;
  user_id?: string;
  organization_id?: string;
  /** `deleted`: revoked keys instead. */
  status?: string;
  sort_by?: "created_at" | "spend" | "max_budget" | "key_alias";
  sort_order?: "asc" | "desc";
}
export const listKeys = (asked: KeyQuery) =>
  ask<{ keys: FullKey[]; total_count: number }>("GET", "/key/list", {
    query: { ...asked, return_full_object: true, expand: "user" },
  });
export const generateKey = (body: FullKeyDraft) => ask<ShownKey>("POST", "/key/generate", { body });
export const updateKey = (key: string, change: FullKeyDraft) =>
  ask<FullKey>("POST", "/key/update", { body: { key, ...change } });
export const regenerateKey = (key: string, grace_period: string | undefined) =>
  ask<ShownKey>("POST", "/key/regenerate", { body: { key, grace_period } });
/** The new secret of a key that was rotated by itself: this once. */
export const fetchRotated = (key: string) => ask<ShownKey>("POST", "/key/rotated", { body: { key } });

/** A deployment. `model_info.db_model` is false for those of the configuration file. */
export type Deployment = ModelInfo;
export interface DeploymentDraft {
  model_name?: string;
  litellm_params?: Record<string, unknown>;
  model_info?: Record<string, unknown>;
}
export const createDeployment = (body: DeploymentDraft) => ask<Deployment>("POST", "/model/new", { body });
export const updateDeployment = (id: string, body: DeploymentDraft) =>
  ask<Deployment>("PATCH", `/model/${encodeURIComponent(id)}/update`, { body });
export const deleteDeployment = (id: string) => ask<{ message: string }>("POST", "/model/delete", { body: { id } });

export interface ModelGroup {
  model_group: string;
  providers: string[];
  mode: string;
  tpm: number | null;
  rpm: number | null;
  is_public_model_group: boolean;
  health_status: "healthy" | "unhealthy" | "unknown";
}
export const getGroups = () => ask<{ data: ModelGroup[] }>("GET", "/model_group/info").then((answer) => answer.data);
/** All that are to be public; those that are not named are so no more. */
export const makePublic = (model_groups: string[]) =>
  ask<{ public_model_groups: string[] }>("POST", "/model_group/make_public", { body: { model_groups } });

export interface AccessGroup {
  access_group: string;
  model_names: string[];
  deployment_count: number;
}
const accessGroup = (name: string) => `/access_group/${encodeURIComponent(name)}`;
export const listAccessGroups = () =>
  ask<{ access_groups: AccessGroup[] }>("GET", "/access_group/list").then((answer) => answer.access_groups);
export const createAccessGroup = (access_group: string, model_names: string[]) =>
  ask<unknown>("POST", "/access_group/new", { body: { access_group, model_names } });
export const updateAccessGroup = (name: string, model_names: string[]) =>
  ask<unknown>("PUT", `${accessGroup(name)}/update`, { body: { model_names } });
export const deleteAccessGroup = (name: string) => ask<unknown>("DELETE", `${accessGroup(name)}/delete`);
