// What a change of the log changed, in words. Before and after are as the database has them: nano-dollars, milliseconds, 0 and 1.
import type { AuditEntry } from "@/api/contract";
import { dollars } from "@/lib/money";
import { count } from "@/lib/numbers";
import { period } from "@/lib/period";
import { fullTime } from "@/lib/time";

/** One member that differs; null where nothing was said. */
export interface Line {
  /** As the database calls it, with the members that it is within. */
  path: string;
  name: string;
  before: string | null;
  after: string | null;
}

type Shown = Record<string, unknown>;

// What changes with every change, or is told elsewhere.
const NOISE = new Set([
  "id",
  "created_at",
  "created_by",
  "updated_at",
  "updated_by",
  "budget_started_at",
  "started_at",
  "is_session",
  "is_own",
]);

const NAMES: Record<string, string> = {
  key_alias: "Name",
  key_name: "Ends in",
  user_alias: "Name",
  team_alias: "Name",
  organization_alias: "Name",
  alias: "Name",
  user_email: "E-mail",
  user_role: "Role",
  max_budget_nanos: "Budget",
  soft_budget_nanos: "Warns at",
  budget_duration: "Budget resets every",
  budget_reset_at: "Budget resets",
  spend_offset_nanos: "Spend set by hand",
  temp_budget_nanos: "More budget for a while",
  temp_budget_until: "More budget until",
  rpm_limit: "Requests / min",
  tpm_limit: "Tokens / min",
  max_parallel_requests: "At once",
  model_limits: "Limits by model",
  models: "Allowed models",
  budget_id: "Named budget",
  aliases: "Model aliases",
  model_aliases: "Model aliases",
  allowed_routes: "Allowed paths",
  expires_at: "Expires",
  auto_rotate: "Rotates by itself",
  rotate_at: "Next rotation",
  token: "Secret's hash",
  previous_token: "Hash of the one before",
  member_permissions: "What members may do",
  member_defaults: "Limits of each member",
};

/** A member's name in words. */
export const nameOfMember = (member: string) => {
  const plain = member.replace(/_(nanos|at)$/, "").replaceAll("_", " ");
  return NAMES[member] ?? plain.charAt(0).toUpperCase() + plain.slice(1);
};

const isRecord = (value: unknown): value is Shown =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const saysNothing = (value: unknown) =>
  value === null ||
  value === undefined ||
  value === "" ||
  (Array.isArray(value) && value.length === 0) ||
  (isRecord(value) && Object.keys(value).length === 0);
const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

const FLAGS = new Set(["blocked", "auto_rotate", "enabled", "is_accepted", "logging_off"]);

/** A value as people read it; null for what says nothing. */
export function show(member: string, value: unknown): string | null {
  if (saysNothing(value)) return null;
  if (member.endsWith("_nanos") && typeof value === "number") return dollars(value / 1e9);
  if (/_(at|until)$/.test(member) && typeof value === "number" && value > 1e11) return fullTime(value);
  if (FLAGS.has(member) && (value === 0 || value === 1)) return value === 1 ? "yes" : "no";
  if (member === "budget_duration" && typeof value === "string") return period(value).replace(/^an? /, "");
  if (typeof value === "number") return count(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return /^[0-9a-f]{64}$/.test(value) ? `${value.slice(0, 12)}…` : value;
  if (Array.isArray(value) && value.every((one) => typeof one === "string")) return value.join(", ");
  return JSON.stringify(value);
}

// What everything that was made has.
const isUsual = (path: string, shown: string | null) =>
  shown === "no" || (shown === "0" && path === "rotation_count") || path === "spend_offset_nanos";

/** Members of both, and those within them, that differ; of one that is new or gone those that say something. */
export function difference({ before_value, updated_values }: AuditEntry): Line[] {
  const before = (before_value ?? {}) as Shown;
  const after = (updated_values ?? {}) as Shown;
  const once = !before_value || !updated_values;
  const lines = within(before, after, []);
  return once ? lines.filter(({ path, before, after }) => !isUsual(path, after ?? before)) : lines;
}

function within(before: Shown, after: Shown, path: string[]): Line[] {
  const members = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => !NOISE.has(name));
  return members.flatMap((member) => {
    const [was, is] = [before[member], after[member]];
    if (same(was, is) || (saysNothing(was) && saysNothing(is))) return [];
    const here = [...path, member];
    const nests = (value: unknown) => isRecord(value) || saysNothing(value);
    if (nests(was) && nests(is)) return within(isRecord(was) ? was : {}, isRecord(is) ? is : {}, here);
    const names = here.map((one, at) => (at === 0 || NAMES[one] ? nameOfMember(one) : one.replace(/_nanos$/, "")));
    return [{ path: here.join("."), name: names.join(" · "), before: show(member, was), after: show(member, is) }];
  });
}

/** The most telling part of a change, for a row of the list. */
export function summary(entry: AuditEntry): string {
  if (!entry.before_value || !entry.updated_values) return "";
  const [first, ...further] = difference(entry);
  if (!first) return "";
  const text = `${first.name}: ${first.before ?? "none"} → ${first.after ?? "none"}`;
  return further.length > 0 ? `${text}, and ${further.length} more` : text;
}
