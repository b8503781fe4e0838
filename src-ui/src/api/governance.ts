// Routes of people, teams, organizations, budgets, customers and signing in, typed by hand until the description has them: then
// the shapes move to contract.ts and the functions to routes.ts.

import { query, send } from "./http";
import type { Method } from "./operation";
import type { components } from "./schema.gen";

interface Asked {
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
}
const ask = <T>(method: Method, path: string, { query: asked = {}, body }: Asked = {}) =>
  send(method, path + query(asked), body) as Promise<T>;

type Schemas = components["schemas"];

/** Limits as rows show them. */
export type Limits = Pick<
  UserRow,
  | "max_budget"
  | "soft_budget"
  | "budget_duration"
  | "budget_reset_at"
  | "rpm_limit"
  | "tpm_limit"
  | "max_parallel_requests"
>;

export type UserRole = Schemas["UserRole"];
export type UserRow = Schemas["UserView"];
export type UserPage = Schemas["UserList"];
/** A key, as its user and its team show it. */
export type OwnedKey = Schemas["KeyView"];
export type UserInfo = Schemas["UserInfo"];
export type NewUser = Schemas["NewUserView"];
export type Invitation = Schemas["NewInvitationView"];

export type TeamRole = Schemas["TeamRole"];
export type TeamRow = Schemas["TeamView"];
export type MemberBudget = Schemas["MemberBudget"];
export type Membership = Schemas["Membership"];
export type TeamPage = Schemas["TeamPage"];
export type TeamInfo = Schemas["TeamInfo"];
export type TeamPermissions = Schemas["TeamPermissions"];

export type OrganizationRole = Schemas["OrganizationRole"];
export type OrganizationMember = Schemas["MembershipView"];
export type OrganizationRow = Schemas["OrganizationView"];

export type BudgetRow = Schemas["BudgetView"];

/** By hand until the description has customers. */
export interface CustomerRow {
  user_id: string;
  alias: string | null;
  blocked: boolean;
  spend: number;
  allowed_model_region: string | null;
  default_model: string | null;
  budget_id: string | null;
  litellm_budget_table: (Limits & { budget_id: string | null; model_max_budget: Record<string, unknown> }) | null;
}

export type SignInWays = Schemas["SignInWays"];
/** An open session: its key, this once. */
export type SignedIn = Schemas["SignedIn"];

/** A draft of something new, or a change of something that is there: its members are the gateway's. */
export type Draft = Record<string, unknown>;

interface Page {
  page: number;
  page_size: number;
  sort_by?: string;
  sort_order?: "asc" | "desc";
}

export const listUsers = (asked: Page & { user_email?: string; user_ids?: string; role?: string; team?: string }) =>
  ask<UserPage>("GET", "/user/list", { query: { ...asked } });
export const getUser = (user_id: string | undefined) => ask<UserInfo>("GET", "/user/info", { query: { user_id } });
export const createUser = (body: Draft) => ask<NewUser>("POST", "/user/new", { body });
export const updateUser = (body: Draft) => ask<{ data: UserRow }>("POST", "/user/update", { body });
export const deleteUser = (id: string) => ask<number>("POST", "/user/delete", { body: { user_ids: [id] } });
export const inviteUser = (user_id: string) => ask<Invitation>("POST", "/invitation/new", { body: { user_id } });

export const listTeams = (asked: Page & { team_alias?: string; team_id?: string; organization_id?: string }) =>
  ask<TeamPage>("GET", "/v2/team/list", { query: { ...asked } });
export const getTeam = (team_id: string) => ask<TeamInfo>("GET", "/team/info", { query: { team_id } });
export const createTeam = (body: Draft) => ask<TeamRow>("POST", "/team/new", { body });
export const updateTeam = (body: Draft) => ask<{ data: TeamRow }>("POST", "/team/update", { body });
export const deleteTeam = (id: string) =>
  ask<{ deleted_teams: string[] }>("POST", "/team/delete", { body: { team_ids: [id] } });
export const blockTeam = (team_id: string, blocked: boolean) =>
  ask<TeamRow>("POST", blocked ? "/team/block" : "/team/unblock", { body: { team_id } });
export const addTeamMember = (body: Draft) => ask<TeamRow>("POST", "/team/member_add", { body });
export const updateTeamMember = (body: Draft) => ask<Draft>("POST", "/team/member_update", { body });
export const removeTeamMember = (team_id: string, user_id: string) =>
  ask<TeamRow>("POST", "/team/member_delete", { body: { team_id, user_id } });
export const getTeamPermissions = (team_id: string) =>
  ask<TeamPermissions>("GET", "/team/permissions_list", { query: { team_id } });
export const setTeamPermissions = (team_id: string, team_member_permissions: string[]) =>
  ask<TeamRow>("POST", "/team/permissions_update", { body: { team_id, team_member_permissions } });

export const listOrganizations = () => ask<OrganizationRow[]>("GET", "/organization/list");
export const getOrganization = (organization_id: string) =>
  ask<OrganizationRow>("GET", "/organization/info", { query: { organization_id } });
export const createOrganization = (body: Draft) => ask<OrganizationRow>("POST", "/organization/new", { body });
export const updateOrganization = (body: Draft) => ask<OrganizationRow>("PATCH", "/organization/update", { body });
export const deleteOrganization = (id: string) =>
  ask<OrganizationRow[]>("DELETE", "/organization/delete", { body: { organization_ids: [id] } });
export const addOrganizationMember = (body: Draft) => ask<Draft>("POST", "/organization/member_add", { body });
export const updateOrganizationMember = (body: Draft) => ask<Draft>("PATCH", "/organization/member_update", { body });
export const removeOrganizationMember = (organization_id: string, user_id: string) =>
  ask<Draft>("DELETE", "/organization/member_delete", { body: { organization_id, user_id } });

export const listBudgets = () => ask<BudgetRow[]>("GET", "/budget/list");
export const createBudget = (body: Draft) => ask<BudgetRow>("POST", "/budget/new", { body });
export const updateBudget = (body: Draft) => ask<BudgetRow>("POST", "/budget/update", { body });
export const deleteBudget = (id: string) => ask<BudgetRow>("POST", "/budget/delete", { body: { id } });

export const listCustomers = () => ask<CustomerRow[]>("GET", "/customer/list");
export const createCustomer = (body: Draft) => ask<CustomerRow>("POST", "/customer/new", { body });
export const updateCustomer = (body: Draft) => ask<CustomerRow>("POST", "/customer/update", { body });
export const deleteCustomer = (id: string) => ask<Draft>("POST", "/customer/delete", { body: { user_ids: [id] } });
export const blockCustomer = (id: string, blocked: boolean) =>
  ask<Draft>("POST", blocked ? "/customer/block" : "/customer/unblock", { body: { user_ids: [id] } });

export const getSignInWays = () => ask<SignInWays>("GET", "/console/sign-in");
export const signInWithPassword = (account: { email: string } | { user_id: string }, password: string) =>
  ask<SignedIn>("POST", "/console/sign-in", { body: { ...account, password } });
export const redeemSignIn = (code: string) =>
  send("POST", "/console/sign-in/redeem", { code }, true) as Promise<SignedIn>;
export const signOut = () => ask<{ signed_out: boolean }>("POST", "/console/sign-out");

/** Whom an invitation is for; an e-mail address, or nobody yet. */
export const getInvited = (invite_link: string) =>
  ask<{ user_email: string | null }>("GET", "/onboarding/get_token", { query: { invite_link } });
export const claimInvitation = (id: string, body: { password: string; user_email?: string; user_alias?: string }) =>
  ask<{ user_id: string; user_email: string | null }>("POST", `/invitation/claim/${encodeURIComponent(id)}`, { body });

export interface ConsoleSession {
  /** `key`: one that belongs to nobody, and opens no console. */
  role: "admin" | "admin_viewer" | "user" | "viewer" | "key";
  key_name: string | null;
  origin: "window" | "network";
  user: { user_id: string; user_email: string | null; user_alias: string | null } | null;
  /** Routes that are open, as "POST /team/new". */
  may?: string[];
}
export const getConsoleSession = () =>
  ask<Omit<ConsoleSession, "user"> & Partial<ConsoleSession>>("GET", "/console/session").then(
    (session): ConsoleSession => ({ ...session, user: session.user ?? null }),
  );

/** What is used of one thing's limits at this moment; with `model`, of those for one model. Money in nano-dollars. */
export type LimitUse = Schemas["LimitUse"];
export type LimitedKind = "key" | "user" | "team" | "organization" | "customer" | "tag";
export const getLimits = (of: LimitedKind, ids: string[]) =>
  ask<{ limits: LimitUse[] }>("GET", "/console/limits", { query: { of, ids: ids.join(",") } }).then(
    ({ limits }) => limits,
  );
