import type { NewUserDraft, UserChange, UserRow } from "@/api/contract";
import { LIMIT_FIELDS, type LimitForm, limitChange, limitDraft, limitsOf, noLimits } from "@/features/limits/limits";
import { oneOf, ROLES } from "@/features/people/names";
import { listChange, textChange } from "@/lib/change";

/** What is typed of somebody; members bear the gateway's names. */
export interface UserForm {
  user_email: string;
  user_alias: string;
  user_id: string;
  user_role: string;
  organization_id: string;
  teams: string[];
  models: string[];
  budget_id: string;
  limits: LimitForm;
}

/** What a refusal may be about. */
export const USER_FIELDS = [
  "user_email",
  "user_alias",
  "user_id",
  "user_role",
  "organization_id",
  "teams",
  "models",
  "budget_id",
  ...LIMIT_FIELDS,
];

export const noUser = (): UserForm => ({
  user_email: "",
  user_alias: "",
  user_id: "",
  user_role: "internal_user",
  organization_id: "",
  teams: [],
  models: [],
  budget_id: "",
  limits: noLimits(),
});

export const userFormOf = (row: UserRow): UserForm => ({
  user_email: row.user_email ?? "",
  user_alias: row.user_alias ?? "",
  user_id: row.user_id,
  user_role: row.user_role,
  organization_id: row.organization_id ?? "",
  teams: row.teams,
  models: row.models,
  budget_id: row.budget_id ?? "",
  limits: limitsOf(row),
});

type Problems = Record<string, string>;

/** `invite`: with a link to set a password. No key comes with a user here: keys are issued where they are used. */
export function userDraft(form: UserForm, invite: boolean): { draft: NewUserDraft; problems: Problems } {
  const { draft, problems } = limitDraft(form.limits);
  const [user_email, user_alias, user_id] = [form.user_email.trim(), form.user_alias.trim(), form.user_id.trim()];
  if (!user_email && !user_alias && !user_id)
    problems.user_email = "An address, a name or an id: something to know them by.";
  return {
    draft: {
      ...(user_email && { user_email }),
      ...(user_alias && { user_alias }),
      ...(user_id && { user_id }),
      user_role: oneOf(ROLES, form.user_role),
      ...(form.organization_id && { organization_id: form.organization_id }),
      ...(form.teams.length > 0 && { teams: form.teams }),
      ...(form.models.length > 0 && { models: form.models }),
      ...(form.budget_id && { budget_id: form.budget_id }),
      ...draft,
      auto_create_key: false,
      send_invite_email: invite,
    },
    problems,
  };
}

/** What differs from before. Teams are joined and left on their own pages. */
export function userChange(form: UserForm, before: UserForm): { change: UserChange; problems: Problems } {
  const { change, problems } = limitChange(form.limits, before.limits);
  return {
    change: {
      ...textChange("user_email", form.user_email, before.user_email),
      ...textChange("user_alias", form.user_alias, before.user_alias),
      ...(form.user_role !== before.user_role && { user_role: oneOf(ROLES, form.user_role) }),
      ...listChange("models", form.models, before.models),
      ...textChange("budget_id", form.budget_id, before.budget_id),
      ...change,
    },
    problems,
  };
}
