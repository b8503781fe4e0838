// Users, teams, organizations, budgets and customers of one world. Ids are the ones that its keys name.
import type { BudgetRow, CustomerRow, OrganizationRow, TagRow, TeamRow, UserRow } from "../../src/api/contract.ts";

export const iso = (at: number) => new Date(at).toISOString();

export type Limits = Pick<
  BudgetRow,
  | "max_budget"
  | "soft_budget"
  | "budget_duration"
  | "budget_reset_at"
  | "rpm_limit"
  | "tpm_limit"
  | "max_parallel_requests"
>;
/** When and by whom. */
const made = (now: number) => ({
  created_at: iso(now),
  created_by: "administrator",
  updated_at: iso(now),
  updated_by: "administrator",
});

export interface Place {
  user_id: string;
  role: string;
  spend: number;
  max_budget: number | null;
  budget_duration: string | null;
  rpm_limit: number | null;
  tpm_limit: number | null;
  max_parallel_requests: number | null;
  allowed_models: string[];
}
export type Team = Omit<TeamRow, "members_with_roles" | "members" | "admins"> & { places: Place[] };
export type Organization = Omit<OrganizationRow, "members" | "teams"> & Rates & { places: Place[] };
export type User = UserRow & { password: string | null };
export interface Link {
  id: string;
  user_id: string;
  is_accepted: boolean;
  expires_at: string;
}

export const noLimits = (): Limits => ({
  max_budget: null,
  soft_budget: null,
  budget_duration: null,
  budget_reset_at: null,
  rpm_limit: null,
  tpm_limit: null,
  max_parallel_requests: null,
});
const noRates = () => ({ model_max_budget: {}, model_rpm_limit: {}, model_tpm_limit: {}, allowed_models: [] });

export const noUser = (id: string, now: number): User => ({
  ...noLimits(),
  ...noRates(),
  user_id: id,
  user_alias: null,
  user_email: null,
  user_role: "internal_user",
  sso_user_id: null,
  teams: [],
  organizations: [],
  models: [],
  spend: 0,
  budget_id: null,
  metadata: {},
  blocked: false,
  has_password: false,
  password: null,
  key_count: 0,
  organization_id: null,
  ...made(now),
});

export const noTeam = (id: string, now: number): Team => ({
  ...noLimits(),
  ...noRates(),
  team_id: id,
  team_alias: null,
  organization_id: null,
  places: [],
  team_member_permissions: ["/key/info", "/key/health"],
  models: [],
  blocked: false,
  spend: 0,
  budget_id: null,
  team_member_budget_table: null,
  team_member_key_duration: null,
  metadata: {},
  router_settings: {},
  litellm_model_table: null,
  model_id: null,
  object_permission: null,
  ...made(now),
});

export const noOrganization = (id: string, now: number): Organization => ({
  ...noLimits(),
  ...noRates(),
  organization_id: id,
  organization_alias: id,
  budget_id: null,
  spend: 0,
  models: [],
  blocked: false,
  litellm_budget_table: null,
  metadata: {},
  users: null,
  places: [],
  ...made(now),
});

export const noBudget = (id: string, now: number): BudgetRow => ({
  ...noLimits(),
  ...noRates(),
  budget_id: id,
  ...made(now),
});

export type Rates = Pick<BudgetRow, "model_max_budget" | "model_rpm_limit" | "model_tpm_limit" | "allowed_models">;
export type Customer = CustomerRow & { own: Limits & Rates };
export const noCustomer = (id: string): Customer => ({
  user_id: id,
  alias: null,
  blocked: false,
  spend: 0,
  allowed_model_region: null,
  default_model: null,
  budget_id: null,
  litellm_budget_table: null,
  created_at: iso(Date.now()),
  updated_at: iso(Date.now()),
  own: { ...noLimits(), ...noRates() },
});

/** One that was made; one that only requests carry has `models` null. */
export type Tag = TagRow & { own: Limits & Rates };
export const noTag = (name: string, now: number): Tag => ({
  name,
  description: null,
  models: [],
  model_info: {},
  spend: 0,
  budget_id: null,
  litellm_budget_table: null,
  created_by: "default_user_id",
  created_at: iso(now),
  updated_at: iso(now),
  own: { ...noLimits(), ...noRates() },
});

export const place = (user_id: string, role = "user", more: Partial<Place> = {}): Place => ({
  user_id,
  role,
  spend: 0,
  max_budget: null,
  budget_duration: null,
  rpm_limit: null,
  tpm_limit: null,
  max_parallel_requests: null,
  allowed_models: [],
  ...more,
});

export interface People {
  users: User[];
  teams: Team[];
  organizations: Organization[];
  budgets: BudgetRow[];
  customers: Customer[];
  tags: Tag[];
  links: Link[];
}

export const nobody = (): People => ({
  users: [],
  teams: [],
  organizations: [],
  budgets: [],
  customers: [],
  tags: [],
  links: [],
});
