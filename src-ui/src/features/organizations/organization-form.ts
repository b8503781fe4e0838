import type { OrganizationChange, OrganizationDraft, OrganizationRow } from "@/api/contract";
import type { Problems } from "@/features/forms/use-form";
import { LIMIT_FIELDS, type LimitForm, limitChange, limitDraft, limitsOf, noLimits } from "@/features/limits/limits";
import { namedBudget } from "@/features/limits/named";
import { listChange, textChange } from "@/lib/change";

/** What is typed of an organization; members bear the gateway's names. */
export interface OrganizationForm {
  organization_alias: string;
  models: string[];
  budget_id: string;
  limits: LimitForm;
}
export const ORGANIZATION_FIELDS = ["organization_alias", "models", "budget_id", ...LIMIT_FIELDS];

export const noOrganization = (): OrganizationForm => ({
  organization_alias: "",
  models: [],
  budget_id: "",
  limits: noLimits(),
});

/** Limits by model stand in the table of limits in force. */
export const limitsOfOrganization = (row: OrganizationRow) => ({
  ...row,
  model_max_budget: row.litellm_budget_table?.model_max_budget,
});

export const organizationFormOf = (row: OrganizationRow): OrganizationForm => ({
  organization_alias: row.organization_alias,
  models: row.models,
  budget_id: namedBudget(row),
  limits: limitsOf(limitsOfOrganization(row)),
});

const NAMELESS = "An organization needs a name.";

export function organizationDraft(form: OrganizationForm): { draft: OrganizationDraft; problems: Problems } {
  const { draft, problems } = limitDraft(form.limits);
  const organization_alias = form.organization_alias.trim();
  if (organization_alias === "") problems.organization_alias = NAMELESS;
  return {
    draft: {
      organization_alias,
      ...(form.models.length > 0 && { models: form.models }),
      ...(form.budget_id && { budget_id: form.budget_id }),
      ...draft,
    },
    problems,
  };
}

export function organizationChange(
  form: OrganizationForm,
  before: OrganizationForm,
): { change: OrganizationChange; problems: Problems } {
  const { change, problems } = limitChange(form.limits, before.limits);
  if (form.organization_alias.trim() === "") problems.organization_alias = NAMELESS;
  return {
    change: {
      ...textChange("organization_alias", form.organization_alias, before.organization_alias),
      ...listChange("models", form.models, before.models),
      ...textChange("budget_id", form.budget_id, before.budget_id),
      ...change,
    },
    problems,
  };
}
