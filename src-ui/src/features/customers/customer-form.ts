import type { CustomerChange, CustomerDraft, CustomerRow } from "@/api/contract";
import type { Problems } from "@/features/forms/use-form";
import { LIMIT_FIELDS, type LimitForm, limitChange, limitDraft, limitsOf, noLimits } from "@/features/limits/limits";
import { namedBudget, ownLimits } from "@/features/limits/named";
import { oneOf } from "@/features/people/names";
import { textChange } from "@/lib/change";

/** What is typed of a customer; members bear the gateway's names. */
export interface CustomerForm {
  user_id: string;
  alias: string;
  default_model: string;
  allowed_model_region: string;
  budget_id: string;
  limits: LimitForm;
}
export const CUSTOMER_FIELDS = [
  "user_id",
  "alias",
  "default_model",
  "allowed_model_region",
  "budget_id",
  ...LIMIT_FIELDS,
];

export const noCustomer = (): CustomerForm => ({
  user_id: "",
  alias: "",
  default_model: "",
  allowed_model_region: "",
  budget_id: "",
  limits: noLimits(),
});

export const customerFormOf = (row: CustomerRow): CustomerForm => ({
  user_id: row.user_id,
  alias: row.alias ?? "",
  default_model: row.default_model ?? "",
  allowed_model_region: row.allowed_model_region ?? "",
  budget_id: namedBudget(row),
  limits: limitsOf(ownLimits(row)),
});

export const REGIONS: { value: NonNullable<CustomerDraft["allowed_model_region"]>; label: string }[] = [
  { value: "eu", label: "European Union" },
  { value: "us", label: "United States" },
];
const regionChange = (now: string, before: string): Pick<CustomerDraft, "allowed_model_region"> =>
  now === before ? {} : { allowed_model_region: oneOf(REGIONS, now) ?? null };

export function customerDraft(form: CustomerForm): { draft: CustomerDraft; problems: Problems } {
  // A named budget takes the place of limits of one's own.
  const { draft, problems } = form.budget_id ? { draft: {}, problems: {} as Problems } : limitDraft(form.limits);
  const user_id = form.user_id.trim();
  if (user_id === "") problems.user_id = "The id by which requests name them.";
  return {
    draft: {
      user_id,
      ...textChange("alias", form.alias, null),
      ...textChange("default_model", form.default_model, null),
      ...regionChange(form.allowed_model_region, ""),
      ...(form.budget_id && { budget_id: form.budget_id }),
      ...draft,
    },
    problems,
  };
}

export function customerChange(
  form: CustomerForm,
  before: CustomerForm,
): { change: CustomerChange; problems: Problems } {
  const { change, problems } = form.budget_id
    ? { change: {}, problems: {} as Problems }
    : limitChange(form.limits, before.limits);
  return {
    change: {
      ...textChange("alias", form.alias, before.alias),
      ...textChange("default_model", form.default_model, before.default_model),
      ...regionChange(form.allowed_model_region, before.allowed_model_region),
      ...textChange("budget_id", form.budget_id, before.budget_id),
      ...change,
    },
    problems,
  };
}
