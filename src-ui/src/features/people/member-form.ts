import type { Problems } from "@/features/forms/use-form";
import { LIMIT_FIELDS, type LimitForm, limitChange, limitDraft, noLimits } from "@/features/limits/limits";
import { named, oneOf } from "./names";

/** Where somebody is a member: in a team or an organization. */
export interface Place<Role extends string> {
  roles: { value: Role; label: string }[];
  /** What somebody new is, if nothing else is chosen. */
  usual: Role;
  /** The gateway's name of a member's budget there. */
  budget: "max_budget_in_team" | "max_budget_in_organization";
}

/** Somebody in a team or an organization: who, what they may, and how far. */
export interface MemberForm {
  who: string;
  role: string;
  limits: LimitForm;
}

export const memberFields = ({ budget }: Place<string>) => ["user_email", "user_id", "role", budget, ...LIMIT_FIELDS];

export const noMember = ({ usual }: Place<string>): MemberForm => ({ who: "", role: usual, limits: noLimits() });

/** Limits with the budget under its name there. */
function placed({ budget }: Place<string>, { max_budget, ...limits }: ReturnType<typeof limitDraft>["draft"]) {
  return { ...limits, ...(max_budget !== undefined && { [budget]: max_budget }) };
}

export function memberDraft<Role extends string>(place: Place<Role>, form: MemberForm) {
  const { draft, problems } = limitDraft(form.limits);
  const all: Problems = { ...problems };
  if (form.who.trim() === "") all.user_email = "Who?";
  const member = { role: oneOf(place.roles, form.role) ?? place.usual, ...named(form.who) };
  return { draft: { member, ...placed(place, draft) }, problems: all };
}

/** What differs; null gives back what holds for all members. */
export function memberChange<Role extends string>(place: Place<Role>, form: MemberForm, before: MemberForm) {
  const { change, problems } = limitChange(form.limits, before.limits);
  const role = form.role === before.role ? undefined : oneOf(place.roles, form.role);
  return { draft: { ...(role && { role }), ...placed(place, change) }, problems };
}
