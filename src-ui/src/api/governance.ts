// Routes that the description does not have yet, typed by hand: customers, and what a session may. Then the shapes move to
// contract.ts and the functions to people.ts.
import type { BudgetRow, BudgetTable } from "./contract";
import { send } from "./http";

export interface CustomerRow {
  user_id: string;
  alias: string | null;
  blocked: boolean;
  spend: number;
  allowed_model_region: string | null;
  default_model: string | null;
  budget_id: string | null;
  litellm_budget_table: BudgetTable | null;
}
type Limits = Partial<Pick<BudgetRow, "max_budget" | "soft_budget" | "budget_duration" | "rpm_limit" | "tpm_limit">>;
export interface CustomerDraft extends Limits {
  user_id?: string;
  alias?: string | null;
  allowed_model_region?: string | null;
  default_model?: string | null;
  budget_id?: string | null;
}

export const listCustomers = () => send("GET", "/customer/list") as Promise<CustomerRow[]>;
export const createCustomer = (draft: CustomerDraft) => send("POST", "/customer/new", draft) as Promise<CustomerRow>;
export const updateCustomer = (change: CustomerDraft) =>
  send("POST", "/customer/update", change) as Promise<CustomerRow>;
export const deleteCustomer = (id: string) => send("POST", "/customer/delete", { user_ids: [id] });
export const blockCustomer = (id: string, blocked: boolean) =>
  send("POST", blocked ? "/customer/block" : "/customer/unblock", { user_ids: [id] });

/** Pages and actions that are open to somebody, in part at least. */
export type MayName =
  | "overview"
  | "requests"
  | "events"
  | "limits"
  | "catalogue"
  | "models"
  | "access_groups"
  | "providers"
  | "keys"
  | "users"
  | "teams"
  | "organizations"
  | "budgets"
  | "customers"
  | "tags"
  | "audit"
  | "create_keys"
  | "block_keys"
  | "create_users"
  | "invite"
  | "create_teams"
  | "change_teams"
  | "create_organizations"
  | "change_organizations"
  | "change_models"
  | "publish_models"
  | "change_access_groups"
  | "change_budgets"
  | "change_customers"
  | "change_tags"
  | "change_providers"
  | "change_prices"
  | "change_fallbacks"
  | "reload_config";

interface Place {
  id: string;
  alias: string | null;
  role: string;
}
export interface ConsoleSession {
  /** `key`: one that belongs to nobody, and opens no console. */
  role: "admin" | "admin_viewer" | "user" | "viewer" | "key";
  key_name: string | null;
  origin: "window" | "network";
  /** Made by signing in, and ended by signing out. */
  signed_in: boolean;
  user_id: string | null;
  user_email: string | null;
  team_id: string | null;
  teams: Place[];
  organizations: Place[];
  may: Record<MayName, boolean>;
}
export const getConsoleSession = () => send("GET", "/console/session") as Promise<ConsoleSession>;
