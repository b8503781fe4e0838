// Changes in words: what kind of thing, which one, by whom.
import type { AuditEntry } from "@/api/contract";
import type { Tone } from "@/components/controls";

const KINDS: Record<string, string> = {
  key: "Key",
  user: "User",
  team: "Team",
  team_member: "Team member",
  organization: "Organization",
  organization_member: "Organization member",
  budget: "Budget",
  customer: "Customer",
  tag: "Tag",
  invitation: "Invitation",
  model: "Model",
  provider: "Provider",
  price: "Price",
  fallback: "Fallback",
  config: "Configuration",
  setting: "Setting",
  listener: "Listener",
};
export const kindName = (kind: string) =>
  KINDS[kind] ?? kind.charAt(0).toUpperCase() + kind.slice(1).replaceAll("_", " ");
export const KIND_OPTIONS = Object.entries(KINDS).map(([value, label]) => ({ value, label }));

export const ACTIONS: { value: string; label: string; tone: Tone }[] = [
  { value: "created", label: "Created", tone: "ok" },
  { value: "updated", label: "Changed", tone: "neutral" },
  { value: "deleted", label: "Deleted", tone: "bad" },
  { value: "blocked", label: "Blocked", tone: "warn" },
  { value: "unblocked", label: "Unblocked", tone: "neutral" },
  { value: "rotated", label: "Rotated", tone: "neutral" },
];
export const actionOf = (action: string) =>
  ACTIONS.find(({ value }) => value === action) ?? { value: action, label: action, tone: "neutral" as Tone };

/** Those who are no users. */
export const ADMINISTRATOR = "default_user_id";
export const GATEWAY = "postern";

const NAMED_BY = [
  "key_alias",
  "user_alias",
  "user_email",
  "team_alias",
  "organization_alias",
  "alias",
  "model_name",
  "model_group",
  "name",
];

const shownOf = ({ updated_values, before_value }: AuditEntry) =>
  (updated_values ?? before_value) as Record<string, unknown> | null;
/** Limits that were said of one customer, organization or tag are kept in a budget made for it, which has no name. */
const isOwnBudget = (entry: AuditEntry) => entry.object_type === "budget" && shownOf(entry)?.is_own === 1;

/** What people call the thing that was changed: by its name, else by its id. */
export function thingName(entry: AuditEntry): string {
  const { before_value, updated_values, object_id, object_type } = entry;
  if (isOwnBudget(entry)) return "Limits of one thing alone";
  // Of a member the object's id says more than any name in the row.
  if (object_type.endsWith("_member")) return object_id.split("/").reverse().join(" in ");
  for (const value of [updated_values, before_value]) {
    const name = NAMED_BY.map((member) => (value as Record<string, unknown> | null)?.[member]).find(
      (text) => typeof text === "string" && text !== "",
    );
    if (name) return String(name);
  }
  return object_id;
}

type Place =
  | { to: "/keys" | "/users" | "/teams" | "/organizations" | "/customers" | "/budgets" | "/tags"; open: string }
  | { to: "/models"; open: string };

/** Where the thing itself is shown, if it is still there. */
export function placeOf(entry: AuditEntry): Place | null {
  const { action, object_type, object_id } = entry;
  if (action === "deleted" || isOwnBudget(entry)) return null;
  const token = shownOf(entry)?.token;
  switch (object_type) {
    case "key":
      return typeof token === "string" ? { to: "/keys", open: token } : null;
    case "user":
      return { to: "/users", open: object_id };
    case "team":
    case "team_member":
      return { to: "/teams", open: object_id.split("/")[0]! };
    case "organization":
    case "organization_member":
      return { to: "/organizations", open: object_id.split("/")[0]! };
    case "customer":
      return { to: "/customers", open: object_id };
    case "budget":
      return { to: "/budgets", open: object_id };
    case "tag":
      return { to: "/tags", open: object_id };
    case "model":
      return { to: "/models", open: object_id };
    default:
      return null;
  }
}
