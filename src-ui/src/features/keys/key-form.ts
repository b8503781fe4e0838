// A key as it is typed: what stands in the fields, and what they mean as a new key or as a change. Fields bear the gateway's names,
// so that a refusal finds its place.
import type { FullKey, FullKeyDraft } from "@/api/governance-keys";
import { type AliasLine, aliasDraft, aliasesOf } from "@/features/advanced/aliases";
import { keptWithin, metadataText, readMetadata, words } from "@/features/advanced/notes";
import {
  LIMIT_FIELDS,
  type LimitForm,
  type LimitProblems,
  limitChange,
  limitDraft,
  limitsOf,
  noLimits,
  parseDollars,
} from "@/features/limits/limits";
import { KEEPING_FIELDS, type Keeping, keepingOf, keepingProblems, keptOf, noKeeping } from "./keeping";
import { KINDS, kindOf } from "./key-state";

export interface KeyForm {
  key_alias: string;
  /** A duration from now on; empty: for ever, or as it is where `keeps` says so. */
  duration: string;
  models: string[];
  limits: LimitForm;
  /** A named budget, whose limits hold where none are said. */
  budget_id: string;
  user_id: string | undefined;
  team_id: string | undefined;
  organization_id: string | undefined;
  /** One of KINDS, `custom`, or empty for everything. */
  kind: string;
  /** With `custom`: one a line. */
  allowed_routes: string;
  aliases: AliasLine[];
  tags: string;
  metadata: string;
  auto_rotate: boolean;
  rotation_interval: string;
  temp_budget_increase: string;
  temp_budget_expiry: string;
  keeping: Keeping;
}

/** What a refusal may be about. */
export const KEY_FIELDS = [
  ...LIMIT_FIELDS,
  "key_alias",
  "duration",
  "models",
  "budget_id",
  "user_id",
  "team_id",
  "organization_id",
  "allowed_routes",
  "aliases",
  "tags",
  "metadata",
  "rotation_interval",
  "temp_budget_increase",
  "temp_budget_expiry",
  ...KEEPING_FIELDS,
];

export const emptyKey = (): KeyForm => ({
  key_alias: "",
  duration: "",
  models: [],
  limits: { ...noLimits(), budget_duration: "1mo" },
  budget_id: "",
  user_id: undefined,
  team_id: undefined,
  organization_id: undefined,
  kind: "",
  allowed_routes: "",
  aliases: [],
  tags: "",
  metadata: "",
  auto_rotate: false,
  rotation_interval: "90d",
  temp_budget_increase: "",
  temp_budget_expiry: "7d",
  keeping: noKeeping(),
});

/** What stands in the fields of a key that is there. */
export function formOf(row: FullKey): KeyForm {
  return {
    key_alias: row.key_alias ?? "",
    duration: "",
    models: row.models,
    limits: limitsOf(row),
    budget_id: row.budget_id ?? "",
    user_id: row.user_id ?? undefined,
    team_id: row.team_id ?? undefined,
    organization_id: row.organization_id ?? undefined,
    kind: kindOf(row.allowed_routes),
    allowed_routes: row.allowed_routes.join("\n"),
    aliases: aliasesOf(row.aliases),
    tags: row.tags.join(", "),
    metadata: metadataText(row.metadata),
    auto_rotate: row.auto_rotate,
    rotation_interval: row.rotation_interval ?? "90d",
    temp_budget_increase: "",
    temp_budget_expiry: "7d",
    keeping: keepingOf(row),
  };
}

const routesOf = (form: KeyForm) => {
  if (form.kind === "custom") return words(form.allowed_routes);
  const kind = KINDS.find(({ value }) => value === form.kind);
  return kind ? [kind.route] : [];
};

function check(form: KeyForm, problems: LimitProblems) {
  if (form.key_alias.trim() === "") problems.key_alias = "A name tells keys apart when one has to go.";
  const { value: metadata, problem } = readMetadata(form.metadata);
  if (problem) problems.metadata = problem;
  if (form.kind === "custom" && words(form.allowed_routes).length === 0) {
    problems.allowed_routes = "At least one path, such as /v1/chat/completions.";
  }
  const interval = form.rotation_interval.trim();
  if (form.auto_rotate && !/^[1-9]\d{0,5}(s|m|h|d|w|mo)$/.test(interval)) {
    problems.rotation_interval = "Such as 30d, 12h or 1mo.";
  }
  Object.assign(problems, keepingProblems(form.keeping));
  return { metadata, aliases: aliasDraft(form.aliases, problems) };
}

/** A new key. Empty fields say nothing. */
export function draftOf(form: KeyForm): { draft: FullKeyDraft; problems: LimitProblems } {
  const { draft: limits, problems } = limitDraft(form.limits);
  const { metadata, aliases } = check(form, problems);
  const [tags, routes, kept] = [words(form.tags), routesOf(form), keptOf(form.keeping)];
  const draft: FullKeyDraft = {
    key_alias: form.key_alias.trim(),
    ...(form.duration && { duration: form.duration }),
    ...(form.models.length > 0 && { models: form.models }),
    ...limits,
    ...(form.budget_id && { budget_id: form.budget_id }),
    ...(form.user_id && { user_id: form.user_id }),
    ...(form.team_id && { team_id: form.team_id }),
    ...(form.organization_id && { organization_id: form.organization_id }),
    ...(routes.length > 0 && { allowed_routes: routes }),
    ...(Object.keys(aliases).length > 0 && { aliases }),
    ...(tags.length > 0 && { tags }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
    ...(form.auto_rotate && { auto_rotate: true, rotation_interval: form.rotation_interval.trim() }),
    ...(kept.keep_bodies_days !== null && { keep_bodies_days: kept.keep_bodies_days }),
    ...(kept.redact.length > 0 && { redact: kept.redact }),
    ...(kept.redact_patterns.length > 0 && { redact_patterns: kept.redact_patterns }),
  };
  return { draft, problems };
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** What differs from the row; null where something is taken away. */
export function changeOf(form: KeyForm, row: FullKey, now = Date.now()) {
  const was = formOf(row);
  const { change, problems } = limitChange(form.limits, was.limits);
  const { metadata, aliases } = check(form, problems);
  const draft: FullKeyDraft = { ...change };
  // A key that never had a name need not be given one.
  if (!was.key_alias && !form.key_alias.trim()) delete problems.key_alias;
  else if (form.key_alias.trim() !== was.key_alias) draft.key_alias = form.key_alias.trim();
  if (form.budget_id !== was.budget_id) draft.budget_id = form.budget_id || null;
  if (form.duration) draft.duration = form.duration;
  if (!same(form.models, was.models)) draft.models = form.models;
  for (const name of ["user_id", "team_id", "organization_id"] as const) {
    if (form[name] !== was[name]) draft[name] = form[name] ?? null;
  }
  const routes = routesOf(form);
  if (!same(routes, row.allowed_routes)) draft.allowed_routes = routes;
  if (!same(aliases, row.aliases)) draft.aliases = aliases;
  if (!same(words(form.tags), row.tags)) draft.tags = words(form.tags);
  if (form.metadata !== was.metadata) {
    // It is replaced as a whole.
    draft.metadata = { ...metadata, ...keptWithin(row.metadata) };
  }
  if (form.auto_rotate !== was.auto_rotate) draft.auto_rotate = form.auto_rotate;
  const interval = form.auto_rotate ? form.rotation_interval.trim() : (row.rotation_interval ?? "");
  if (form.auto_rotate && interval !== row.rotation_interval) draft.rotation_interval = interval;
  const [kept, keptBefore] = [keptOf(form.keeping), keptOf(was.keeping)];
  if (kept.keep_bodies_days !== keptBefore.keep_bodies_days) draft.keep_bodies_days = kept.keep_bodies_days;
  if (!same(kept.redact, keptBefore.redact)) draft.redact = kept.redact;
  if (!same(kept.redact_patterns, keptBefore.redact_patterns)) draft.redact_patterns = kept.redact_patterns;
  const more = parseDollars(form.temp_budget_increase);
  if (more === null) problems.temp_budget_increase = "Dollars, such as 5 or 0.50.";
  else if (more !== undefined) {
    if (form.limits.max_budget.trim() === "") problems.temp_budget_increase = "There is no budget to add to.";
    draft.temp_budget_increase = more;
    draft.temp_budget_expiry = new Date(now + DAYS[form.temp_budget_expiry]! * 86_400_000).toISOString();
  }
  return { draft, problems };
}

const DAYS: Record<string, number> = { "1d": 1, "7d": 7, "30d": 30 };
export const FOR_A_WHILE = [
  { value: "1d", label: "For a day" },
  { value: "7d", label: "For a week" },
  { value: "30d", label: "For 30 days" },
];
