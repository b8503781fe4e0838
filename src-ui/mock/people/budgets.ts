// Named budgets, and customers who may refer to one.
import type { CustomerRow } from "../../src/api/contract.ts";
import { type Call, found, Refusal, type Route } from "../refusal.ts";
import { administers, refused, seesAll, setLimits, take } from "./common.ts";
import { type Customer, noBudget, noCustomer } from "./state.ts";

const budgetOf = (call: Call, id: string) =>
  found(
    call.world.people.budgets.find(({ budget_id }) => budget_id === id),
    "budget",
  );

function uses(call: Call, id: string) {
  const { teams, organizations, customers, users } = call.world.people;
  const of = (rows: { budget_id: string | null }[]) => rows.filter(({ budget_id }) => budget_id === id).length;
  const counts = { teams: of(teams), organizations: of(organizations), customers: of(customers), users: of(users) };
  return Object.entries(counts).filter(([, count]) => count > 0);
}

function shown(call: Call, { own, ...row }: Customer): CustomerRow {
  const budget = call.world.people.budgets.find(({ budget_id }) => budget_id === row.budget_id);
  const limits = budget ?? own;
  const limited = Object.entries(limits).some(
    ([name, value]) => /budget$|limit$|requests$/.test(name) && typeof value === "number",
  );
  return { ...row, litellm_budget_table: limited ? { ...limits, budget_id: row.budget_id } : null };
}

const customersOf = (call: Call, ids: string[]) =>
  ids.map((id) =>
    found(
      call.world.people.customers.find(({ user_id }) => user_id === id),
      "customer",
    ),
  );
const FIELDS: (keyof Customer & string)[] = ["alias", "default_model", "allowed_model_region", "budget_id", "blocked"];

export const BUDGET_ROUTES: Route[] = [
  [
    "GET",
    /^\/budget\/list$/,
    (call) => {
      administers(call);
      return call.world.people.budgets;
    },
  ],
  [
    "POST",
    /^\/budget\/new$/,
    (call) => {
      administers(call);
      const { people } = call.world;
      const id = call.body.budget_id;
      if (people.budgets.some(({ budget_id }) => budget_id === id)) {
        throw new Refusal(409, "budget_exists", `Budget already exists, budget_id=${id}`, "budget_id");
      }
      const row = noBudget(id, Date.now());
      setLimits(row, call.body);
      people.budgets.push(row);
      call.world.stale("budgets");
      return row;
    },
  ],
  [
    "POST",
    /^\/budget\/update$/,
    (call) => {
      administers(call);
      const row = budgetOf(call, call.body.budget_id);
      setLimits(row, call.body);
      row.updated_at = new Date().toISOString();
      call.world.stale("budgets");
      return row;
    },
  ],
  [
    "POST",
    /^\/budget\/delete$/,
    (call) => {
      administers(call);
      const row = budgetOf(call, call.body.id);
      const used = uses(call, row.budget_id);
      if (used.length > 0) {
        const list = used.map(([what, count]) => `${count} ${what}`).join(", ");
        const message = `Budget ${row.budget_id} is in use by ${list}; take it from them first`;
        throw new Refusal(409, "budget_in_use", message, "budget_id");
      }
      call.world.people.budgets = call.world.people.budgets.filter((one) => one !== row);
      call.world.stale("budgets");
      return row;
    },
  ],
  [
    "GET",
    /^\/customer\/list$/,
    (call) => {
      if (!seesAll(call)) throw refused();
      return call.world.people.customers.map((row) => shown(call, row));
    },
  ],
  [
    "POST",
    /^\/customer\/new$/,
    (call) => {
      administers(call);
      const { customers } = call.world.people;
      const id = call.body.user_id;
      if (customers.some(({ user_id }) => user_id === id)) {
        throw new Refusal(400, "customer_exists", `Customer already exists, passed user_id=${id}`, "user_id");
      }
      const row = noCustomer(id);
      take(row, call.body, FIELDS);
      setLimits(row.own, call.body);
      customers.unshift(row);
      call.world.stale("customers");
      return shown(call, row);
    },
  ],
  [
    "POST",
    /^\/customer\/update$/,
    (call) => {
      administers(call);
      const [row] = customersOf(call, [call.body.user_id]);
      take(row!, call.body, FIELDS);
      setLimits(row!.own, call.body);
      call.world.stale("customers");
      return shown(call, row!);
    },
  ],
  [
    "POST",
    /^\/customer\/delete$/,
    (call) => {
      administers(call);
      const gone = customersOf(call, call.body.user_ids);
      call.world.people.customers = call.world.people.customers.filter((row) => !gone.includes(row));
      call.world.stale("customers");
      return { deleted_customers: gone.length, message: "" };
    },
  ],
  [
    "POST",
    /^\/customer\/(block|unblock)$/,
    (call) => {
      administers(call);
      const rows = customersOf(call, call.body.user_ids);
      for (const row of rows) row.blocked = call.path[0] === "block";
      call.world.stale("customers");
      return { blocked_users: rows.map((row) => shown(call, row)) };
    },
  ],
];
