// Limits as they are typed, shown and sent. Members are named as the gateway names them, so that a refusal finds its field.

import { listChange } from "@/lib/change";

/** Limits as the gateway's rows show them. */
export interface Limited {
  max_budget?: number | null;
  soft_budget?: number | null;
  budget_duration?: string | null;
  rpm_limit?: number | null;
  tpm_limit?: number | null;
  max_parallel_requests?: number | null;
  model_max_budget?: Record<string, unknown> | null;
  model_rpm_limit?: Record<string, unknown> | null;
  model_tpm_limit?: Record<string, unknown> | null;
  allowed_models?: string[];
}

/** The same as a request says it: absent changes nothing, null clears. */
export interface LimitDraft {
  max_budget?: number | null;
  soft_budget?: number | null;
  budget_duration?: string | null;
  rpm_limit?: number | null;
  tpm_limit?: number | null;
  max_parallel_requests?: number | null;
  model_max_budget?: Record<string, { max_budget: number; budget_duration?: string }>;
  model_rpm_limit?: Record<string, number>;
  model_tpm_limit?: Record<string, number>;
  allowed_models?: string[];
}

export interface ModelLimitForm {
  model: string;
  budget: string;
  period: string;
  rpm: string;
  tpm: string;
}

/** What is typed. */
export interface LimitForm {
  max_budget: string;
  soft_budget: string;
  budget_duration: string;
  rpm_limit: string;
  tpm_limit: string;
  max_parallel_requests: string;
  models: ModelLimitForm[];
  allowed_models: string[];
}

/** By field; of a model's line `models.0.budget`. */
export type LimitProblems = Record<string, string>;

const MONEY = ["max_budget", "soft_budget"] as const;
const COUNTS = ["rpm_limit", "tpm_limit", "max_parallel_requests"] as const;
export const BY_MODEL = ["model_max_budget", "model_rpm_limit", "model_tpm_limit"] as const;
/** What a refusal may be about. */
export const LIMIT_FIELDS: string[] = [...MONEY, "budget_duration", ...COUNTS, ...BY_MODEL, "allowed_models"];

export const noLimits = (): LimitForm => ({
  max_budget: "",
  soft_budget: "",
  budget_duration: "",
  rpm_limit: "",
  tpm_limit: "",
  max_parallel_requests: "",
  models: [],
  allowed_models: [],
});
export const noModelLimit = (): ModelLimitForm => ({ model: "", budget: "", period: "", rpm: "", tpm: "" });

// A number as one would type it: 1e-7 would not be taken back.
const typed = (value: unknown) =>
  typeof value === "number" ? value.toLocaleString("en-US", { useGrouping: false, maximumFractionDigits: 9 }) : "";
const word = (value: unknown) => (typeof value === "string" ? value : "");

/** What stands in the fields of something that has limits. */
export function limitsOf(row: Limited): LimitForm {
  const budgets = row.model_max_budget ?? {};
  const rpm = row.model_rpm_limit ?? {};
  const tpm = row.model_tpm_limit ?? {};
  const names = [...new Set([...Object.keys(budgets), ...Object.keys(rpm), ...Object.keys(tpm)])].sort();
  const models = names.map((model): ModelLimitForm => {
    const told = budgets[model];
    // A bare number is a budget without a period.
    const limit = (typeof told === "object" && told !== null ? told : { max_budget: told }) as Record<string, unknown>;
    return {
      model,
      budget: typed(limit.max_budget ?? limit.budget_limit),
      period: word(limit.budget_duration ?? limit.time_period),
      rpm: typed(rpm[model] ?? limit.rpm_limit),
      tpm: typed(tpm[model] ?? limit.tpm_limit),
    };
  });
  return {
    max_budget: typed(row.max_budget),
    soft_budget: typed(row.soft_budget),
    budget_duration: word(row.budget_duration),
    rpm_limit: typed(row.rpm_limit),
    tpm_limit: typed(row.tpm_limit),
    max_parallel_requests: typed(row.max_parallel_requests),
    models,
    allowed_models: row.allowed_models ?? [],
  };
}

// Nano-dollars fit into 64 bits up to this.
const MOST_DOLLARS = 9_000_000;

/** Dollars, `undefined` for nothing typed, `null` for what is no amount. */
export function parseDollars(text: string): number | undefined | null {
  const plain = text.trim().replace(/^\$/, "").replace(/,/g, "");
  if (plain === "") return undefined;
  if (!/^(\d{1,7}(\.\d{0,9})?|\.\d{1,9})$/.test(plain)) return null;
  const value = Number(plain);
  return value <= MOST_DOLLARS ? value : null;
}

/** A whole number, `undefined` for nothing typed, `null` for what is none. */
export function parseCount(text: string): number | undefined | null {
  const plain = text.replace(/[\s,_]/g, "");
  if (plain === "") return undefined;
  return /^\d{1,12}$/.test(plain) ? Number(plain) : null;
}

const NO_MONEY = "Dollars, such as 5 or 0.50, up to 9,000,000.";
const NO_COUNT = "A whole number.";

/** What the fields mean, and what is wrong with them. Empty fields say nothing. */
export function limitDraft(form: LimitForm): { draft: LimitDraft; problems: LimitProblems } {
  const problems: LimitProblems = {};
  const draft: LimitDraft = {};
  const read = <T>(name: string, parsed: T | undefined | null, wrong: string, put: (value: T) => void) => {
    if (parsed === null) problems[name] = wrong;
    else if (parsed !== undefined) put(parsed);
  };
  for (const name of MONEY) {
    read(name, parseDollars(form[name]), NO_MONEY, (value) => {
      draft[name] = value;
    });
  }
  for (const name of COUNTS) {
    read(name, parseCount(form[name]), NO_COUNT, (value) => {
      draft[name] = value;
    });
  }
  const hasBudget = draft.max_budget !== undefined || draft.soft_budget !== undefined;
  if (form.budget_duration && hasBudget) draft.budget_duration = form.budget_duration;
  const { max_budget: most, soft_budget: soft } = draft;
  if (typeof most === "number" && typeof soft === "number" && soft > most) {
    problems.soft_budget = "A warning above the budget would never come.";
  }
  if (form.allowed_models.length > 0) draft.allowed_models = form.allowed_models;
  modelDraft(form.models, draft, problems);
  return { draft, problems };
}

function modelDraft(models: ModelLimitForm[], draft: LimitDraft, problems: LimitProblems) {
  const seen = new Set<string>();
  for (const [index, line] of models.entries()) {
    const at = (field: keyof ModelLimitForm) => `models.${index}.${field}`;
    const [budget, rpm, tpm] = [parseDollars(line.budget), parseCount(line.rpm), parseCount(line.tpm)];
    if (line.model === "") problems[at("model")] = "Which model?";
    else if (seen.has(line.model)) problems[at("model")] = "It has a line already.";
    seen.add(line.model);
    if (budget === null) problems[at("budget")] = NO_MONEY;
    if (rpm === null) problems[at("rpm")] = NO_COUNT;
    if (tpm === null) problems[at("tpm")] = NO_COUNT;
    if (budget === undefined && rpm === undefined && tpm === undefined) {
      problems[at("budget")] = "A budget or a rate, or take the line out.";
    }
    if (typeof budget === "number") {
      draft.model_max_budget ??= {};
      draft.model_max_budget[line.model] = {
        max_budget: budget,
        ...(line.period && { budget_duration: line.period }),
      };
    }
    if (typeof rpm === "number") draft.model_rpm_limit = { ...draft.model_rpm_limit, [line.model]: rpm };
    if (typeof tpm === "number") draft.model_tpm_limit = { ...draft.model_tpm_limit, [line.model]: tpm };
  }
}

/**
 * What differs from before: null where something is taken away. Each kind of limits by model is replaced as a whole, and left
 * alone otherwise: not every row shows all of them.
 */
export function limitChange(form: LimitForm, before: LimitForm): { change: LimitDraft; problems: LimitProblems } {
  const { draft, problems } = limitDraft(form);
  const was = limitDraft(before).draft;
  const change: LimitDraft = {};
  for (const name of [...MONEY, ...COUNTS] as const) {
    if (draft[name] !== was[name]) change[name] = draft[name] ?? null;
  }
  if (draft.budget_duration !== was.budget_duration) change.budget_duration = draft.budget_duration ?? null;
  const differs = (name: (typeof BY_MODEL)[number]) => JSON.stringify(draft[name]) !== JSON.stringify(was[name]);
  if (differs("model_max_budget")) change.model_max_budget = draft.model_max_budget ?? {};
  if (differs("model_rpm_limit")) change.model_rpm_limit = draft.model_rpm_limit ?? {};
  if (differs("model_tpm_limit")) change.model_tpm_limit = draft.model_tpm_limit ?? {};
  Object.assign(change, listChange("allowed_models", form.allowed_models, before.allowed_models));
  return { change, problems };
}

/** The rates in a few words, for a row; empty where there are none. */
export function rateWords(row: Limited, compact: (value: number) => string) {
  const parts = [];
  if (typeof row.rpm_limit === "number") parts.push(`${compact(row.rpm_limit)} requests/min`);
  if (typeof row.tpm_limit === "number") parts.push(`${compact(row.tpm_limit)} tokens/min`);
  if (typeof row.max_parallel_requests === "number") parts.push(`${compact(row.max_parallel_requests)} at once`);
  return parts.join(" · ");
}
