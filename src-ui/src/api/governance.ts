// Routes of people, teams, organizations, budgets, customers and signing in, typed by hand until the description has them: then
// the shapes move to contract.ts and the functions to routes.ts.

import { query, send } from "./http";
import type { Method } from "./operation";

interface Asked {
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
}
const ask = <T>(method: Method, path: string, { query: asked = {}, body }: Asked = {}) =>
  send(method, path + query(asked), body) as Promise<T>;

/** Limits as rows show them. */
export interface Limits {
  max_budget: number | null;
  soft_budget: number | null;
  budget_duration: string | null;
  budget_reset_at: string | null;
  rpm_limit: number | null;
  tpm_limit: number | null;
  max_parallel_requests: number | null;
}
interface ModelRates {
  model_max_budget: Record<string, unknown>;
  model_rpm_limit?: Record<string, unknown>;
  model_tpm_limit?: Record<string, unknown>;
}

export type UserRole = "proxy_admin" | "proxy_admin_viewer" | "internal_user" | "internal_user_viewer";

export interface UserRow extends Limits, ModelRates {
  user_id: string;
  user_alias: string | null;
  user_email: string | null;
  user_role: string;
  sso_user_id: string | null;
  teams: string[];
  organizations: string[];
  models: string[];
  spend: number;
  budget_id: string | null;
  metadata: Record<string, unknown>;
  blocked: boolean;
  has_password: boolean;
  key_count: number;
  created_at: string;
  created_by: string;
}
export interface UserPage {
  users: UserRow[];
  total: number;
}
/** A key, as its user and its team show it. */
export interface OwnedKey {
  token: string;
  key_name: string;
  key_alias: string | null;
  user_id: string | null;
  team_id: string | null;
  spend: number;
  max_budget: number | null;
  budget_duration: string | null;
  budget_reset_at: string | null;
  expires: string | null;
  blocked: boolean | null;
}
export interface UserInfo {
  user_id: string;
  user_info: UserRow | null;
  keys: OwnedKey[];
  teams: {
    team_id: string;
    team_alias: string | null;
    members_with_roles: { user_id: string; role: string }[];
    spend: number;
    max_budget: number | null;
  }[];
}
export interface NewUser {
  user_id: string;
  user_email: string | null;
  user_alias: string | null;
  key: string;
  invitation_url: string | null;
}
export interface Invitation {
  id: string;
  user_id: string | null;
  is_accepted: boolean;
  expires_at: string;
  invitation_url: string;
}

export type TeamRole = "admin" | "user";
export interface TeamRow extends Limits, ModelRates {
  team_id: string;
  team_alias: string | null;
  organization_id: string | null;
  members_with_roles: { role: TeamRole; user_id: string; user_email: string | null }[];
  team_member_permissions: string[];
  models: string[];
  blocked: boolean;
  spend: number;
  budget_id: string | null;
  team_member_budget_table: MemberBudget | null;
  team_member_key_duration: string | null;
  created_at: string;
}
export interface MemberBudget {
  max_budget: number | null;
  budget_duration: string | null;
  budget_reset_at: string | null;
  rpm_limit: number | null;
  tpm_limit: number | null;
}
export interface Membership {
  user_id: string;
  team_id: string;
  role: TeamRole;
  spend: number;
  litellm_budget_table: MemberBudget | null;
}
export interface TeamPage {
  teams: (TeamRow & { keys: OwnedKey[] })[];
  total: number;
}
export interface TeamInfo {
  team_id: string;
  team_info: TeamRow;
  keys: OwnedKey[];
  team_memberships: Membership[];
}
export interface TeamPermissions {
  team_id: string;
  team_member_permissions: string[];
  all_available_permissions: string[];
}

export type OrganizationRole = "org_admin" | "internal_user" | "internal_user_viewer";
export interface OrganizationMember {
  user_id: string;
  user_role: string;
  user_email: string | null;
  user: { user_alias: string | null } | null;
  spend: number;
  max_budget_in_organization: number | null;
}
export interface OrganizationRow extends Limits {
  organization_id: string;
  organization_alias: string;
  budget_id: string | null;
  spend: number;
  models: string[];
  blocked: boolean;
  model_rpm_limit: Record<string, unknown>;
  model_tpm_limit: Record<string, unknown>;
  litellm_budget_table: { model_max_budget: Record<string, unknown> } | null;
  members: OrganizationMember[];
  teams: { team_id: string; team_alias: string | null; spend: number; max_budget: number | null; blocked: boolean }[];
  created_at: string;
}

export interface BudgetRow extends Limits, ModelRates {
  budget_id: string;
  created_at: string;
  created_by: string;
  updated_at: string;
}

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

export interface SignInWays {
  administrator_key: boolean;
  password: boolean;
  sso: { name: string; url: string } | null;
}
/** An open session: its key, this once. */
export interface SignedIn {
  key: string;
  user_id: string;
  user_email: string | null;
  user_role: string;
  expires: string | null;
}

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
export interface LimitUse {
  id: string;
  model: string | null;
  max_budget_nanos: number | null;
  soft_budget_nanos: number | null;
  spent_nanos: number | null;
  reserved_nanos: number;
  reset_at: number | null;
  rpm_limit: number | null;
  tpm_limit: number | null;
  max_parallel_requests: number | null;
  requests: number;
  tokens: number;
  in_flight: number;
}
export type LimitedKind = "key" | "user" | "team" | "organization" | "customer" | "tag";
export const getLimits = (of: LimitedKind, ids: string[]) =>
  ask<{ limits: LimitUse[] }>("GET", "/console/limits", { query: { of, ids: ids.join(",") } }).then(
    ({ limits }) => limits,
  );
