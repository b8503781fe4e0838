// Who there is in a busy world, and in one with ten thousand of each.
import type { BudgetRow } from "../../src/api/contract.ts";
import type { Random } from "../random.ts";
import {
  type Customer,
  iso,
  noBudget,
  noCustomer,
  noOrganization,
  noTag,
  noTeam,
  noUser,
  type Organization,
  type People,
  place,
  type Tag,
  type Team,
  type User,
} from "./state.ts";

const DAY = 86_400_000;
const LONG = "The team for internal developer experience, tooling and evaluation";

export function somebody(now: number): People {
  const monthly = { budget_duration: "1mo", budget_reset_at: iso(now + 11 * DAY) };
  const user = (id: string, more: Partial<User>): User => ({ ...noUser(id, now - 20 * DAY), ...more });
  const signedUp = { has_password: true, password: "correct horse" };
  const users = [
    user("u-ada", {
      user_alias: "Ada Lovelace",
      user_email: "ada@example.org",
      user_role: "internal_user",
      teams: ["t-research"],
      organizations: ["o-north"],
      spend: 41.87,
      max_budget: 60,
      soft_budget: 48,
      ...monthly,
      key_count: 2,
      rpm_limit: 120,
      ...signedUp,
    }),
    user("u-grace", {
      user_alias: "Grace Hopper",
      user_email: "grace@example.org",
      user_role: "proxy_admin",
      teams: ["t-research", "t-support"],
      spend: 12.304,
      key_count: 1,
      ...signedUp,
    }),
    user("u-look", { user_email: "auditor@example.org", user_role: "proxy_admin_viewer", ...signedUp }),
    user("u-view", {
      user_email: "board@example.org",
      user_role: "internal_user_viewer",
      teams: ["t-support"],
      ...signedUp,
    }),
    user("u-alan", {
      user_alias: "Alan",
      user_email: "alan@example.org",
      teams: ["t-research"],
      spend: 5.02,
      max_budget: 5,
      budget_duration: "1d",
      budget_reset_at: iso(now + 7 * 3_600_000),
    }),
    user("u-gone", { user_email: "former-contractor@example.org", blocked: true, spend: 88.02, key_count: 3 }),
    user("u-long", {
      user_alias: "Wolfeschlegelsteinhausenbergerdorff, Hubert Blaine the Younger",
      user_email: "hubert.blaine.wolfeschlegelsteinhausenbergerdorff.the.younger@a-very-long-domain-name.example",
      teams: ["t-long"],
      organizations: ["o-north"],
      spend: 3.21,
      max_budget: 4,
      ...monthly,
      key_count: 1,
      sso_user_id: "sso-9",
    }),
  ];
  const team = (id: string, more: Partial<Team>): Team => ({ ...noTeam(id, now - 15 * DAY), ...more });
  const teams = [
    team("t-research", {
      team_alias: "Research",
      organization_id: "o-north",
      models: ["openai/gpt-5", "anthropic/claude-sonnet-4-5", "demo"],
      spend: 168.4,
      max_budget: 200,
      soft_budget: 150,
      ...monthly,
      rpm_limit: 600,
      tpm_limit: 400_000,
      max_parallel_requests: 16,
      model_max_budget: { "openai/gpt-5": { max_budget: 50, budget_duration: "7d" } },
      litellm_model_table: { model_aliases: { fast: "openai/gpt-5-mini" } },
      metadata: { tags: ["research"], cost_center: 4711 },
      team_member_budget_table: {
        max_budget: 25,
        budget_duration: "1mo",
        budget_reset_at: null,
        rpm_limit: null,
        tpm_limit: null,
        budget_id: null,
        soft_budget: null,
        max_parallel_requests: null,
        model_max_budget: {},
        allowed_models: [],
      },
      places: [
        place("u-ada", "admin", { spend: 41.2, max_budget: 100, budget_duration: "1mo" }),
        place("u-grace", "user", { spend: 12.3 }),
        place("u-alan", "user", { spend: 24.9 }),
      ],
    }),
    team("t-support", {
      team_alias: "support bot",
      spend: 31.07,
      places: [place("u-grace", "admin"), place("u-view")],
    }),
    team("t-long", {
      team_alias: LONG,
      organization_id: "o-north",
      spend: 60.4,
      max_budget: 60,
      budget_duration: "7d",
      budget_reset_at: iso(now + 3 * DAY),
      places: [place("u-long")],
    }),
    team("t-paused", { team_alias: "paused experiment", blocked: true, budget_id: "interns" }),
  ];
  const organizations: Organization[] = [
    {
      ...noOrganization("o-north", now - 40 * DAY),
      organization_alias: "North",
      spend: 228.8,
      max_budget: 500,
      ...monthly,
      places: [place("u-ada", "internal_user", { spend: 41.2, max_budget: 80 }), place("u-long", "org_admin")],
    },
    {
      ...noOrganization("o-south", now - 30 * DAY),
      organization_alias: "South, a tenant whose name does not end where one would wish that it did",
      budget_id: "interns",
      models: ["demo"],
    },
  ];
  const budgets: BudgetRow[] = [
    { ...noBudget("interns", now - 30 * DAY), max_budget: 20, soft_budget: 15, budget_duration: "1mo", rpm_limit: 60 },
    { ...noBudget("trial", now - 10 * DAY), max_budget: 1 },
    { ...noBudget("nightly jobs", now - 9 * DAY), tpm_limit: 1_000_000, max_parallel_requests: 4 },
  ];
  const customers: Customer[] = [
    { ...noCustomer("cus_8Hk2"), alias: "Acme", spend: 18.2, budget_id: "interns" },
    { ...noCustomer("cus_9Xm1"), spend: 0.000_042 },
    { ...noCustomer("cus_abuse"), alias: "Somebody who asks too much", spend: 44.1, blocked: true },
    {
      ...noCustomer("cus_own"),
      alias: "Globex",
      spend: 4.6,
      own: { ...noCustomer("").own, max_budget: 5, ...monthly },
    },
  ];
  const tags: Tag[] = [
    {
      ...noTag("batch-7", now - 12 * DAY),
      description: "Nightly evaluation runs",
      spend: 3.4,
      budget_id: "nightly jobs",
    },
    {
      ...noTag("coding", now - 30 * DAY),
      description:
        "Everything that coding agents ask, on every machine and for everybody, since the beginning of the year",
      models: ["d-smart-1"],
      spend: 44.1,
      own: { ...noTag("", now).own, max_budget: 50, soft_budget: 40, ...monthly, rpm_limit: 300 },
    },
    { ...noTag("marketing", now - 3 * DAY), spend: 10.2, own: { ...noTag("", now).own, max_budget: 10, ...monthly } },
    {
      ...noTag("User-Agent: claude-cli/2.1.0", now - 20 * DAY),
      description: "Seen in requests only; nothing was said of it.",
      models: null,
      model_info: null,
      created_by: null,
      spend: 0.31,
    },
  ];
  return { users, teams, organizations, budgets, customers, tags, links: [] };
}

type Crowd = Pick<People, "users" | "teams" | "customers">;
let known: Crowd | undefined;

/** As many as a large company has. They are made once: worlds share the rows, which is why these cannot be changed. */
function others(now: number, random: Random, count: number): Crowd {
  const made: Crowd = { users: [], teams: [], customers: [] };
  const number = (index: number) => String(index + 1).padStart(5, "0");
  for (let index = 0; index < count; index++) {
    const budget = index % 3 === 0 ? null : ((index % 17) + 1) * 5;
    made.users.push({
      ...noUser(`u-${number(index)}`, now - index * 60_000),
      user_email: `person-${number(index)}@example.org`,
      spend: random.between(0, 9000) / 100,
      max_budget: budget,
      has_password: index % 5 !== 0,
      key_count: index % 4,
    });
    made.teams.push({
      ...noTeam(`t-${number(index)}`, now - index * 60_000),
      team_alias: `team ${number(index)}`,
      spend: random.between(0, 9000) / 100,
      max_budget: budget,
      places: [place(`u-${number(index)}`)],
    });
    made.customers.push({ ...noCustomer(`cus_${random.hex(12)}`), spend: random.between(0, 9000) / 1000 });
  }
  for (const row of [...made.users, ...made.teams, ...made.customers]) Object.freeze(row);
  return made;
}

export function crowd(now: number, random: Random, count = 10_000): People {
  const some = somebody(now);
  known ??= others(now, random, count);
  return {
    ...some,
    users: [...some.users, ...known.users],
    teams: [...some.teams, ...known.teams],
    customers: [...some.customers, ...known.customers],
  };
}
