// Short names for the generated shapes, and what each is. They are written down in the gateway, never here: change the code there
// and run `make openapi`. Times are UTC milliseconds, money is nano-dollars (null: unpriced), prices are pico-dollars per token.
import type { components } from "./schema.gen";

type Schemas = components["schemas"];

/** Who the presented key is. */
export type Session = Schemas["Session"];
export type Status = Schemas["Status"];
export type Listener = Schemas["Listener"];

export type Totals = Schemas["Totals"];

/** About 3,000 rows, read whole and filtered here. */
export type Catalogue = Schemas["CatalogueView"];
export type CatalogueModel = Schemas["CatalogueModel"];
/** The user's own prices of a model; what is left out stays as listed. */
export type PriceOverride = Schemas["PriceOverride"];

/** A well-known provider to choose from. Its `format` is any word; a configured provider's is one of the known. */
export type Preset = Schemas["Preset"];
/** One thing that a provider is told besides its key: a region, a project. Members that say nothing may be left out. */
export type SettingSpec = Schemas["SettingSpec"];
/** A kind of endpoint that a provider serves. */
export type Served = Schemas["Served"];
/** A wire format. A request's may also be `embeddings` or `pass_through`. */
export type FormatName = Schemas["FormatName"];
export type Provider = Schemas["Provider"];
/** How it bills, and by how many percent its prices differ: below zero a discount, above it a mark-up. */
export type Billing = Pick<Provider, "billing" | "price_adjustment_percent">;
export type ProviderTest = Schemas["ProviderTest"];
export type ProviderDraft = Schemas["NewProvider"];
export type ProviderChange = Schemas["ProviderChange"];

/** A virtual key without its secret, as LiteLLM's routes show it: money in dollars, times RFC 3339. Key routes take its `token`. */
export type KeyRow = Schemas["KeyView"];
export type KeyDraft = Schemas["GenerateKey"];
/** The row and, this once, the key. */
export type IssuedKey = Schemas["GeneratedKey"];

/** A person. Money of people, teams and the like is in dollars, as in LiteLLM's routes; times RFC 3339. */
export type UserRow = Schemas["UserView"];
export type UserRole = Schemas["UserRole"];
/** With their keys and teams. */
export type UserInfo = Schemas["UserInfo"];
export type NewUserDraft = Schemas["NewUserRequest"];
export type UserChange = Schemas["UserUpdate"];
/** The row, a key if one was made, and the invitation's link, this once. */
export type NewUser = Schemas["NewUserView"];
/** With its link, this once. */
export type Invitation = Schemas["NewInvitationView"];

export type TeamRow = Schemas["TeamView"];
export type TeamRole = Schemas["TeamRole"];
/** With its keys. */
export type ListedTeam = Schemas["ListedTeam"];
/** With its keys, and what each member has and spent in it. */
export type TeamInfo = Schemas["TeamInfo"];
export type Membership = Schemas["Membership"];
export type TeamDraft = Schemas["TeamRequest"];
export type TeamMemberDraft = Omit<Schemas["AddMembers"], "team_id">;
export type TeamMemberChange = Omit<Schemas["UpdateMember"], "team_id">;

/** With its teams and members. */
export type OrganizationRow = Schemas["OrganizationView"];
export type OrganizationRole = Schemas["OrganizationRole"];
export type OrganizationDraft = Schemas["NewOrganization"];
export type OrganizationChange = Omit<Schemas["OrganizationUpdate"], "organization_id">;
export type OrganizationMemberDraft = Omit<Schemas["MemberAdd"], "organization_id">;
export type OrganizationMemberChange = Omit<Schemas["MemberUpdate"], "organization_id">;

/** Limits with a name. */
export type BudgetRow = Schemas["BudgetView"];
export type BudgetDraft = Schemas["BudgetRequest"];
/** With what refers to it. */
export type BudgetInfo = Schemas["BudgetInfo"];
/** An end user, as requests name them. */
export type CustomerRow = Schemas["CustomerView"];
export type CustomerDraft = Schemas["CustomerRequest"];
export type CustomerChange = Omit<CustomerDraft, "user_id">;

/** A name that requests, keys and teams carry. `models` is null where nothing was ever said of it. */
export type TagRow = Schemas["TagView"];
export type TagDraft = Schemas["TagRequest"];

/** One change: who made it and when, with what was before and is after. */
export type AuditEntry = Schemas["AuditEntry"];

/** What is used of one thing's limits at this moment, in nano-dollars; with `model`, of those for that model. */
export type LimitUse = Schemas["LimitUse"];

/** The ways of signing in that there are. */
export type SignInWays = Schemas["SignInWays"];
/** The key of a session, this once. */
export type SignedIn = Schemas["SignedIn"];

export type RequestRow = Schemas["RequestRow"];
export type RequestPage = Schemas["RequestPage"];
/** With its cost line by line. A line without an amount is not priced, and neither is the request. */
export type RequestDetail = Schemas["RequestDetail"];
export type Bodies = Schemas["Bodies"];
export type Replay = Schemas["Replay"];
export type ReplaySide = Schemas["ReplaySide"];

export type AlertEntry = Schemas["AlertEntry"];
export type AlertPage = Schemas["AlertPage"];

/** A deployment in its model group, in LiteLLM's words. */
export type ModelInfo = Schemas["ModelInfo"];

/** How every route refuses. */
export type ErrorBody = Schemas["ErrorBody"];

/**
 * What `GET /console/events` can announce as stale. The only words kept by hand: OpenAPI has no place for what an event carries.
 * `event: request` carries a `RequestRow`, `event: status` a `Listener`, `event: stale` a `Stale`.
 */
export type Topic =
  | "keys"
  | "models"
  | "providers"
  | "overview"
  | "requests"
  | "status"
  | "catalogue"
  | "users"
  | "teams"
  | "organizations"
  | "budgets"
  | "customers"
  | "tags";
export interface Stale {
  topics: Topic[];
}
