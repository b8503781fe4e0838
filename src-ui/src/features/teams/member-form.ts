import type { TeamMemberChange, TeamMemberDraft } from "@/api/contract";
import type { Problems } from "@/features/forms/use-form";
import { parseCount, parseDollars } from "@/features/limits/limits";
import { named, oneOf, TEAM_ROLES } from "@/features/people/names";
import { difference, given } from "@/lib/change";

/** Somebody in a team: who, what they may, and how far. Members bear the gateway's names. */
export interface MemberForm {
  who: string;
  role: string;
  max_budget_in_team: string;
  budget_duration: string;
  rpm_limit: string;
  tpm_limit: string;
}

export const MEMBER_FIELDS = [
  "user_email",
  "user_id",
  "role",
  "max_budget_in_team",
  "budget_duration",
  "rpm_limit",
  "tpm_limit",
];

export const noMember = (): MemberForm => ({
  who: "",
  role: "user",
  max_budget_in_team: "",
  budget_duration: "",
  rpm_limit: "",
  tpm_limit: "",
});

type Limits = Pick<TeamMemberChange, "max_budget_in_team" | "budget_duration" | "rpm_limit" | "tpm_limit">;

function limits(form: MemberForm, problems: Problems): Limits {
  const budget = parseDollars(form.max_budget_in_team);
  const [rpm, tpm] = [parseCount(form.rpm_limit), parseCount(form.tpm_limit)];
  if (budget === null) problems.max_budget_in_team = "Dollars, such as 5 or 0.50.";
  if (rpm === null) problems.rpm_limit = "A whole number.";
  if (tpm === null) problems.tpm_limit = "A whole number.";
  return given({
    max_budget_in_team: budget ?? undefined,
    budget_duration: budget === undefined ? undefined : form.budget_duration || undefined,
    rpm_limit: rpm ?? undefined,
    tpm_limit: tpm ?? undefined,
  });
}

export function memberDraft(form: MemberForm): { draft: TeamMemberDraft; problems: Problems } {
  const problems: Problems = {};
  if (form.who.trim() === "") problems.user_email = "Who?";
  const member = { role: oneOf(TEAM_ROLES, form.role) ?? "user", ...named(form.who) };
  return { draft: { member, ...limits(form, problems) }, problems };
}

/** What differs; null gives back what the team says for its members. */
export function memberChange(form: MemberForm, before: MemberForm): { draft: TeamMemberChange; problems: Problems } {
  const problems: Problems = {};
  const changed = difference(limits(form, problems), limits(before, {}));
  return {
    draft: { ...(form.role !== before.role && { role: oneOf(TEAM_ROLES, form.role) }), ...changed },
    problems,
  };
}
