import type { TagDraft, TagRow } from "@/api/contract";
import type { Problems } from "@/features/forms/use-form";
import { LIMIT_FIELDS, type LimitForm, limitChange, limitDraft, limitsOf, noLimits } from "@/features/limits/limits";
import { namedBudget, ownLimits } from "@/features/limits/named";
import { listChange, textChange } from "@/lib/change";

/** What is typed of a tag; members bear the gateway's names. */
export interface TagForm {
  name: string;
  description: string;
  /** Ids of deployments. */
  models: string[];
  budget_id: string;
  limits: LimitForm;
}
export const TAG_FIELDS = ["name", "description", "models", "budget_id", ...LIMIT_FIELDS];

export const noTag = (name = ""): TagForm => ({ name, description: "", models: [], budget_id: "", limits: noLimits() });

/** Requests carry it, and nothing was ever said of it: it has neither limits nor a description of its own. */
export const isOnlySeen = (row: TagRow) => row.models === null || row.models === undefined;

export const tagFormOf = (row: TagRow): TagForm => ({
  name: row.name,
  description: (!isOnlySeen(row) && row.description) || "",
  models: row.models ?? [],
  budget_id: namedBudget(row),
  limits: limitsOf(ownLimits(row)),
});

// A named budget takes the place of limits of one's own.
const readLimits = (form: TagForm) =>
  form.budget_id ? { draft: {}, problems: {} as Problems } : limitDraft(form.limits);

export function tagDraft(form: TagForm): { draft: TagDraft; problems: Problems } {
  const { draft, problems } = readLimits(form);
  const name = form.name.trim();
  if (name === "") problems.name = "The word by which requests carry it.";
  return {
    draft: {
      name,
      ...textChange("description", form.description, null),
      ...(form.models.length > 0 && { models: form.models }),
      ...(form.budget_id && { budget_id: form.budget_id }),
      ...draft,
    },
    problems,
  };
}

export function tagChange(form: TagForm, before: TagForm): { change: Omit<TagDraft, "name">; problems: Problems } {
  const { change, problems } = form.budget_id
    ? { change: {}, problems: {} as Problems }
    : limitChange(form.limits, before.limits);
  return {
    change: {
      ...textChange("description", form.description, before.description),
      ...listChange("models", form.models, before.models),
      ...textChange("budget_id", form.budget_id, before.budget_id),
      ...change,
    },
    problems,
  };
}
