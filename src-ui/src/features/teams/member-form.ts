import type { Draft } from "@/api/governance";
import type { Problems } from "@/features/forms/use-form";
import { parseCount, parseDollars } from "@/features/limits/limits";
import { named } from "@/features/people/names";

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

function limits(form: MemberForm, problems: Problems): Record<string, number | string | undefined> {
  const budget = parseDollars(form.max_budget_in_team);
  const [rpm, tpm] = [parseCount(form.rpm_limit), parseCount(form.tpm_limit)];
  if (budget === null) problems.max_budget_in_team = "Dollars, such as 5 or 0.50.";
  if (rpm === null) problems.rpm_limit = "A whole number.";
  if (tpm === null) problems.tpm_limit = "A whole number.";
  return {
    max_budget_in_team: budget ?? undefined,
    budget_duration: budget === undefined ? undefined : form.budget_duration || undefined,
    rpm_limit: rpm ?? undefined,
    tpm_limit: tpm ?? undefined,
  };
}

export function memberDraft(form: MemberForm): { draft: Draft; problems: Problems } {
  const problems: Problems = {};
  if (form.who.trim() === "") problems.user_email = "Who?";
  const said = Object.entries(limits(form, problems)).filter(([, value]) => value !== undefined);
  return { draft: { member: { role: form.role, ...named(form.who) }, ...Object.fromEntries(said) }, problems };
}

/** What differs; null gives back what the team says for its members. */
export function memberChange(form: MemberForm, before: MemberForm): { draft: Draft; problems: Problems } {
  const problems: Problems = {};
  const [now, was] = [limits(form, problems), limits(before, {})];
  const said = Object.keys(now)
    .filter((name) => now[name] !== was[name])
    .map((name) => [name, now[name] ?? null]);
  return {
    draft: { ...(form.role !== before.role && { role: form.role }), ...Object.fromEntries(said) },
    problems,
  };
}
