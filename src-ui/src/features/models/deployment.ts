// A deployment as it is shown, typed and sent. Members are named as the gateway names them, so that a refusal finds its field.
import type { Deployment, DeploymentDraft } from "@/api/governance-keys";
import { parseCount } from "@/features/limits/limits";

const text = (value: unknown) => (typeof value === "string" ? value : "");
const texts = (value: unknown) => (Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : []);
const number = (value: unknown) => (typeof value === "number" ? value : null);

/** What is shown of a deployment, out of LiteLLM's two bags. */
export interface Shown {
  id: string;
  group: string;
  model: string;
  provider: string;
  apiBase: string;
  rpm: number | null;
  tpm: number | null;
  weight: number | null;
  tags: string[];
  accessGroups: string[];
  team: string | null;
  mode: string;
  /** Why it cannot be changed here. */
  readOnly: "file" | "built_in" | null;
  createdBy: string;
  createdAt: string;
  updatedAt: string;
  inputPrice: number | null;
  outputPrice: number | null;
  raw: Deployment;
}

export function shown(row: Deployment): Shown {
  const { litellm_params: params, model_info: info } = row;
  const model = text(params.model);
  return {
    id: text(info.id) || `${row.model_name}\u0000${model}`,
    group: row.model_name,
    model,
    provider: text(info.litellm_provider) || model.slice(0, Math.max(0, model.indexOf("/"))),
    apiBase: text(params.api_base),
    rpm: number(params.rpm),
    tpm: number(params.tpm),
    weight: number(params.weight),
    tags: texts(params.tags),
    accessGroups: texts(info.access_groups),
    team: text(info.team_id) || null,
    mode: text(info.mode),
    readOnly: info.db_model === true ? null : model.startsWith("demo/") ? "built_in" : "file",
    createdBy: text(info.created_by),
    createdAt: text(info.created_at),
    updatedAt: text(info.updated_at),
    inputPrice: number(info.input_cost_per_token),
    outputPrice: number(info.output_cost_per_token),
    raw: row,
  };
}

export interface DeploymentForm {
  model_name: string;
  model: string;
  api_base: string;
  api_key: string;
  rpm: string;
  tpm: string;
  weight: string;
  tags: string;
  access_groups: string;
  team_id: string | undefined;
}

export const FIELDS = [
  "model_name",
  "litellm_params.model",
  "litellm_params.api_base",
  "litellm_params.api_key",
  "litellm_params.rpm",
  "litellm_params.tpm",
  "litellm_params.weight",
  "litellm_params.tags",
  "model_info.access_groups",
  "model_info.team_id",
];

export function formOf(row?: Shown): DeploymentForm {
  const typed = (value: number | null | undefined) => (value === null || value === undefined ? "" : String(value));
  return {
    model_name: row?.group ?? "",
    model: row?.model ?? "",
    api_base: row?.apiBase ?? "",
    api_key: "",
    rpm: typed(row?.rpm),
    tpm: typed(row?.tpm),
    weight: typed(row?.weight),
    tags: row?.tags.join(", ") ?? "",
    access_groups: row?.accessGroups.join(", ") ?? "",
    team_id: row?.team ?? undefined,
  };
}

const words = (line: string) => [...new Set(line.split(",").map((word) => word.trim()))].filter(Boolean);

/** What the form means: of a new deployment all that is said, of one that is there what differs, null where it is taken away. */
export function draftOf(form: DeploymentForm, before?: Shown) {
  const problems: Record<string, string> = {};
  const was = formOf(before);
  const params: Record<string, unknown> = {};
  const info: Record<string, unknown> = {};
  const say = (bag: Record<string, unknown>, name: string, value: unknown, earlier: unknown) => {
    const empty = value === "" || value === undefined || (Array.isArray(value) && value.length === 0);
    if (JSON.stringify(value) === JSON.stringify(earlier)) return;
    if (!empty) bag[name] = value;
    else if (before) bag[name] = null;
  };
  const name = form.model_name.trim();
  const model = form.model.trim();
  if (name === "") problems.model_name = "The name that callers send.";
  if (model === "") problems["litellm_params.model"] = "Which model of which provider?";
  say(params, "model", model, was.model);
  say(params, "api_base", form.api_base.trim(), was.api_base);
  if (form.api_key.trim() !== "") params.api_key = form.api_key.trim();
  for (const field of ["rpm", "tpm", "weight"] as const) {
    const value = parseCount(form[field]);
    if (value === null) problems[`litellm_params.${field}`] = "A whole number.";
    else say(params, field, value, parseCount(was[field]));
  }
  say(params, "tags", words(form.tags), words(was.tags));
  say(info, "access_groups", words(form.access_groups), words(was.access_groups));
  if (!before && form.team_id) info.team_id = form.team_id;
  const draft: DeploymentDraft = {
    ...(name !== was.model_name && { model_name: name }),
    ...(Object.keys(params).length > 0 && { litellm_params: params }),
    ...(Object.keys(info).length > 0 && { model_info: info }),
  };
  return { draft, problems };
}

/** Those of one group beside each other, in order of name. */
export function ordered(rows: Deployment[], query: string): Shown[] {
  const wanted = query.toLowerCase().split(/\s+/).filter(Boolean);
  return rows
    .map(shown)
    .filter((row) => {
      const all = `${row.group} ${row.model} ${row.accessGroups.join(" ")} ${row.tags.join(" ")}`.toLowerCase();
      return wanted.every((word) => all.includes(word));
    })
    .sort((a, b) => a.group.localeCompare(b.group) || a.model.localeCompare(b.model) || a.id.localeCompare(b.id));
}
