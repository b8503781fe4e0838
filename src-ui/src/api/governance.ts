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

export interface ConsoleSession {
  /** `key`: one that belongs to nobody, and opens no console. */
  role: "admin" | "admin_viewer" | "user" | "viewer" | "key";
  key_name: string | null;
  origin: "window" | "network";
  user: { user_id: string; user_email: string | null; user_alias: string | null } | null;
  /** Routes that are open, as "POST /team/new". */
  may?: string[];
}
export const getConsoleSession = async (): Promise<ConsoleSession> => {
  const session = (await send("GET", "/console/session")) as ConsoleSession;
  return { ...session, user: session.user ?? null };
};
