// Routes of users, teams, organizations, budgets, customers and tags, of what was changed of them, and of signing in: one function
// per route that the console calls.
import type {
  BudgetDraft,
  CustomerChange,
  CustomerDraft,
  NewUserDraft,
  OrganizationChange,
  OrganizationDraft,
  OrganizationMemberChange,
  OrganizationMemberDraft,
  SignedIn,
  TagDraft,
  TeamDraft,
  TeamMemberChange,
  TeamMemberDraft,
  UserChange,
} from "./contract";
import { call, send } from "./http";
import type { Arguments } from "./operation";

type Asked<P extends "/user/list" | "/v2/team/list" | "/audit"> = NonNullable<
  NonNullable<Arguments<"GET", P>[0]>["query"]
>;

export const listUsers = (query: Asked<"/user/list">) => call("GET", "/user/list", { query });
/** Whoever is signed in, without an id. */
export const getUser = (user_id: string | undefined) => call("GET", "/user/info", { query: { user_id } });
export const createUser = (body: NewUserDraft) => call("POST", "/user/new", { body });
export const updateUser = (body: UserChange) => call("POST", "/user/update", { body });
export const deleteUser = (id: string) => call("POST", "/user/delete", { body: { user_ids: [id] } });
export const inviteUser = (user_id: string) => call("POST", "/invitation/new", { body: { user_id } });

export const listTeams = (query: Asked<"/v2/team/list">) => call("GET", "/v2/team/list", { query });
export const getTeam = (team_id: string) => call("GET", "/team/info", { query: { team_id } });
export const createTeam = (body: TeamDraft) => call("POST", "/team/new", { body });
export const updateTeam = (body: TeamDraft) => call("POST", "/team/update", { body });
export const deleteTeam = (id: string) => call("POST", "/team/delete", { body: { team_ids: [id] } });
export const blockTeam = (team_id: string, blocked: boolean) =>
  blocked ? call("POST", "/team/block", { body: { team_id } }) : call("POST", "/team/unblock", { body: { team_id } });
export const addTeamMember = (team_id: string, draft: TeamMemberDraft) =>
  call("POST", "/team/member_add", { body: { team_id, ...draft } });
export const updateTeamMember = (team_id: string, user_id: string, change: TeamMemberChange) =>
  call("POST", "/team/member_update", { body: { ...change, team_id, user_id } });
export const removeTeamMember = (team_id: string, user_id: string) =>
  call("POST", "/team/member_delete", { body: { team_id, user_id } });
export const getTeamPermissions = (team_id: string) => call("GET", "/team/permissions_list", { query: { team_id } });
export const setTeamPermissions = (team_id: string, team_member_permissions: string[]) =>
  call("POST", "/team/permissions_update", { body: { team_id, team_member_permissions } });

export const listOrganizations = () => call("GET", "/organization/list");
export const getOrganization = (organization_id: string) =>
  call("GET", "/organization/info", { query: { organization_id } });
export const createOrganization = (body: OrganizationDraft) => call("POST", "/organization/new", { body });
export const updateOrganization = (organization_id: string, change: OrganizationChange) =>
  call("PATCH", "/organization/update", { body: { organization_id, ...change } });
export const deleteOrganization = (id: string) =>
  call("DELETE", "/organization/delete", { body: { organization_ids: [id] } });
export const addOrganizationMember = (organization_id: string, draft: OrganizationMemberDraft) =>
  call("POST", "/organization/member_add", { body: { organization_id, ...draft } });
export const updateOrganizationMember = (organization_id: string, user_id: string, change: OrganizationMemberChange) =>
  call("PATCH", "/organization/member_update", { body: { ...change, organization_id, user_id } });
export const removeOrganizationMember = (organization_id: string, user_id: string) =>
  call("DELETE", "/organization/member_delete", { body: { organization_id, user_id } });

export const listBudgets = () => call("GET", "/budget/list");
export const getBudget = (id: string) =>
  call("POST", "/budget/info", { body: { budgets: [id] } }).then(([budget]) => budget);
export const createBudget = (body: BudgetDraft) => call("POST", "/budget/new", { body });
export const updateBudget = (body: BudgetDraft) => call("POST", "/budget/update", { body });
export const deleteBudget = (id: string) => call("POST", "/budget/delete", { body: { id } });

export const listCustomers = () => call("GET", "/customer/list");
export const createCustomer = (body: CustomerDraft) => call("POST", "/customer/new", { body });
export const updateCustomer = (user_id: string, change: CustomerChange) =>
  call("POST", "/customer/update", { body: { user_id, ...change } });
export const deleteCustomer = (id: string) => call("POST", "/customer/delete", { body: { user_ids: [id] } });
export const blockCustomer = (id: string, blocked: boolean): Promise<unknown> => {
  const body = { user_ids: [id] };
  return blocked ? call("POST", "/customer/block", { body }) : call("POST", "/customer/unblock", { body });
};

export const listTags = () => call("GET", "/tag/list");
export const createTag = (body: TagDraft) => call("POST", "/tag/new", { body }).then(({ tag }) => tag);
export const updateTag = (body: TagDraft) => call("POST", "/tag/update", { body }).then(({ tag }) => tag);
export const deleteTag = (name: string) => call("POST", "/tag/delete", { body: { name } });

export const listChanges = (query: Asked<"/audit">) => call("GET", "/audit", { query });
export const getChange = (id: string) => call("GET", "/audit/{id}", { path: { id } });

export type LimitedKind = NonNullable<Arguments<"GET", "/console/limits">[0]>["query"]["of"];
export const getLimits = (of: LimitedKind, ids: string[]) =>
  call("GET", "/console/limits", { query: { of, ids: ids.join(",") } }).then(({ limits }) => limits);

export const getSignInWays = () => call("GET", "/console/sign-in");
export const signInWithPassword = (account: { email: string } | { user_id: string }, password: string) =>
  call("POST", "/console/sign-in", { body: { ...account, password } });
/** With the cookie that the way back from the other server came with. */
export const redeemSignIn = (code: string) =>
  send("POST", "/console/sign-in/redeem", { code }, true) as Promise<SignedIn>;
export const signOut = () => call("POST", "/console/sign-out");

/** Whom an invitation is for; an e-mail address, or nobody yet. */
export const getInvited = (invite_link: string) => call("GET", "/onboarding/get_token", { query: { invite_link } });
export const claimInvitation = (invitation_id: string, body: { password: string; user_email?: string }) =>
  call("POST", "/invitation/claim/{invitation_id}", { path: { invitation_id }, body });
