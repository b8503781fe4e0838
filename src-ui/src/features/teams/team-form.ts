import type { TeamDraft, TeamRow } from "@/api/contract";
import { type AliasLine, aliasDraft, aliasesOf } from "@/features/advanced/aliases";
import { metadataText, readMetadata, words } from "@/features/advanced/notes";
import type { Problems } from "@/features/forms/use-form";
import {
  LIMIT_FIELDS,
  type LimitForm,
  limitChange,
  limitDraft,
  limitsOf,
  noLimits,
  parseCount,
  parseDollars,
} from "@/features/limits/limits";
import { difference, given, isEmpty, listChange, textChange } from "@/lib/change";

/** What each member has who has no limit of their own in the team. */
export interface MemberForm {
  team_member_budget: string;
  team_member_budget_duration: string;
  team_member_rpm_limit: string;
  team_member_tpm_limit: string;
}

/** What is typed of a team; members bear the gateway's names. */
export interface TeamForm extends MemberForm {
  team_alias: string;
  organization_id: string;
  models: string[];
  budget_id: string;
  limits: LimitForm;
  aliases: AliasLine[];
  tags: string;
  metadata: string;
}

const MEMBER_FIELDS = [
  "team_member_budget",
  "team_member_budget_duration",
  "team_member_rpm_limit",
  "team_member_tpm_limit",
] as const;
export const TEAM_FIELDS = [
  "team_alias",
  "organization_id",
  "models",
  "budget_id",
  "model_aliases",
  "tags",
  "metadata",
  ...MEMBER_FIELDS,
  ...LIMIT_FIELDS,
] as string[];

const noMembers: MemberForm = {
  team_member_budget: "",
  team_member_budget_duration: "",
  team_member_rpm_limit: "",
  team_member_tpm_limit: "",
};

export const noTeam = (organization = ""): TeamForm => ({
  ...noMembers,
  team_alias: "",
  organization_id: organization,
  models: [],
  budget_id: "",
  limits: noLimits(),
  aliases: [],
  tags: "",
  metadata: "",
});

export function teamFormOf(row: TeamRow): TeamForm {
  const members = limitsOf(row.team_member_budget_table ?? {});
  const { tags } = row.metadata;
  return {
    team_alias: row.team_alias ?? "",
    organization_id: row.organization_id ?? "",
    models: row.models,
    budget_id: row.budget_id ?? "",
    limits: limitsOf(row),
    aliases: aliasesOf(row.litellm_model_table?.model_aliases),
    tags: Array.isArray(tags) ? tags.join(", ") : "",
    metadata: metadataText(row.metadata),
    team_member_budget: members.max_budget,
    team_member_budget_duration: members.budget_duration,
    team_member_rpm_limit: members.rpm_limit,
    team_member_tpm_limit: members.tpm_limit,
  };
}

type Member = Pick<TeamDraft, (typeof MEMBER_FIELDS)[number]>;

function memberDraft(form: MemberForm, problems: Problems): Member {
  const budget = parseDollars(form.team_member_budget);
  if (budget === null) problems.team_member_budget = "Dollars, such as 5 or 0.50.";
  const count = (name: "team_member_rpm_limit" | "team_member_tpm_limit") => {
    const value = parseCount(form[name]);
    if (value === null) problems[name] = "A whole number.";
    return value ?? undefined;
  };
  return given({
    team_member_budget: budget ?? undefined,
    // A period of no budget means nothing.
    team_member_budget_duration: budget === undefined ? undefined : form.team_member_budget_duration || undefined,
    team_member_rpm_limit: count("team_member_rpm_limit"),
    team_member_tpm_limit: count("team_member_tpm_limit"),
  });
}

/** Aliases, tags and metadata as they are meant, and what is wrong with them. */
function notesDraft(form: TeamForm, problems: Problems) {
  const { value: metadata, problem } = readMetadata(form.metadata);
  if (problem) problems.metadata = problem;
  return { aliases: aliasDraft(form.aliases, problems), tags: words(form.tags), metadata };
}

export function teamDraft(form: TeamForm): { draft: TeamDraft; problems: Problems } {
  const { draft, problems } = limitDraft(form.limits);
  const team_alias = form.team_alias.trim();
  if (team_alias === "") problems.team_alias = "A team needs a name.";
  const members = memberDraft(form, problems);
  const { aliases, tags, metadata } = notesDraft(form, problems);
  return {
    draft: {
      team_alias,
      ...(form.organization_id && { organization_id: form.organization_id }),
      ...(form.models.length > 0 && { models: form.models }),
      ...(form.budget_id && { budget_id: form.budget_id }),
      ...draft,
      ...members,
      ...(!isEmpty(aliases) && { model_aliases: aliases }),
      ...(tags.length > 0 && { tags }),
      ...(!isEmpty(metadata) && { metadata }),
    },
    problems,
  };
}

const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

export function teamChange(form: TeamForm, before: TeamForm): { change: TeamDraft; problems: Problems } {
  const { change, problems } = limitChange(form.limits, before.limits);
  if (form.team_alias.trim() === "" && before.team_alias !== "") problems.team_alias = "A team needs a name.";
  const [now, was] = [memberDraft(form, problems), memberDraft(before, {})];
  const [notes, noted] = [notesDraft(form, problems), notesDraft(before, {})];
  return {
    change: {
      ...textChange("team_alias", form.team_alias, before.team_alias),
      ...textChange("organization_id", form.organization_id, before.organization_id),
      ...listChange("models", form.models, before.models),
      ...textChange("budget_id", form.budget_id, before.budget_id),
      ...change,
      ...difference(now, was),
      ...(!same(notes.aliases, noted.aliases) && { model_aliases: notes.aliases }),
      ...listChange("tags", notes.tags, noted.tags),
      // It is replaced as a whole, and tags live in it.
      ...(form.metadata !== before.metadata && {
        metadata: { ...notes.metadata, ...(notes.tags.length > 0 && { tags: notes.tags }) },
      }),
    },
    problems,
  };
}
