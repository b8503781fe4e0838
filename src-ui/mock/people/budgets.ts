// Named budgets, and customers who may refer to one.
import type { BudgetInfo, CustomerRow } from "../../src/api/contract.ts";
import { type Call, found, Refusal, type Route } from "../refusal.ts";
import { administers, inForce, refused, seesAll, setLimits, take } from "./common.ts";
import { type Customer, noBudget, noCustomer } from "./state.ts";

const budgetOf = (call: Call, id: string) =>
  found(
    call.world.people.budgets.find(({ budget_id }) => budget_id === id),
    "budget",
  );

const MOST = 20;

/** Those that refer to a budget, by kind, the first of each by name. */
function uses(call: Call, id: string): BudgetInfo["used_by"] {
  const { keys, people } = call.world;
  const { teams, organizations, customers, users, tags } = people;
  const of = <Row extends { budget_id: string | null }>(
    kind: string,
    rows: Row[],
    named: (row: Row) => [id: string, name: string | null],
  ) => {
    const theirs = rows.filter(({ budget_id }) => budget_id === id).map(named);
    return {
      kind,
      count: theirs.length,
      first: theirs.slice(0, MOST).map(([id, name]) => ({ id, name, within: null })),
    };
  };
  return [
    of("keys", keys, (row) => [row.token, row.key_alias ?? row.key_name]),
    of("users", users, (row) => [row.user_id, row.user_alias ?? row.user_email]),
    of("teams", teams, (row) => [row.team_id, row.team_alias]),
    of("organizations", organizations, (row) => [row.organization_id, row.organization_alias]),
    of("customers", customers, (row) => [row.user_id, row.alias]),
    of("tags", tags, (row) => [row.name, null]),
  ].filter(({ count }) => count > 0);
}

const shown = (call: Call, { own, ...row }: Customer): CustomerRow => ({
  ...row,
  litellm_budget_table: inForce(call, row.budget_id, own),
});

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
    /^\/budget\/info$/,
    (call): BudgetInfo[] => {
      administers(call);
      const wanted: string[] = call.body.budgets;
      const rows = call.world.people.budgets.filter(({ budget_id }) => wanted.includes(budget_id));
      return rows.map((row) => ({ ...row, used_by: uses(call, row.budget_id) }));
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
        const list = used.map(({ kind, count }) => `${count} ${kind}`).join(", ");
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
