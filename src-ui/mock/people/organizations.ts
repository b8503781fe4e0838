import type { OrganizationRow } from "../../src/api/contract.ts";
import { type Call, found, Refusal, type Route } from "../refusal.ts";
import { administers, has, isAdmin, refused, seesAll, setLimits, take } from "./common.ts";
import { noOrganization, type Organization, place } from "./state.ts";
import { person } from "./users.ts";

const FIELDS: (keyof Organization & string)[] = ["organization_alias", "models", "budget_id", "blocked"];

function shown(call: Call, { places, model_max_budget, ...row }: Organization): OrganizationRow {
  const { people } = call.world;
  return {
    ...row,
    litellm_budget_table: { ...row, model_max_budget, is_own: row.budget_id === null },
    members: places.map((member) => {
      const user = people.users.find(({ user_id }) => user_id === member.user_id);
      return {
        user_id: member.user_id,
        organization_id: row.organization_id,
        user_role: member.role,
        user_email: user?.user_email ?? null,
        user: user ?? null,
        spend: member.spend,
        budget_id: null,
        litellm_budget_table: {
          budget_id: null,
          is_own: true,
          max_budget: member.max_budget,
          soft_budget: null,
          budget_duration: member.budget_duration,
          budget_reset_at: null,
          rpm_limit: member.rpm_limit,
          tpm_limit: member.tpm_limit,
          max_parallel_requests: member.max_parallel_requests,
          model_max_budget: {},
          model_rpm_limit: {},
          model_tpm_limit: {},
          allowed_models: member.allowed_models,
        },
        max_budget_in_organization: member.max_budget,
        created_at: row.created_at,
        updated_at: row.updated_at,
      };
    }),
    teams: people.teams
      .filter((team) => team.organization_id === row.organization_id)
      .map(({ places: members_with_roles, ...team }) => ({ ...team, members_with_roles })),
  };
}

const belongs = (call: Call, row: Organization) => row.places.some(({ user_id }) => user_id === call.user);
const leads = (call: Call, row: Organization) =>
  row.places.some(({ user_id, role }) => user_id === call.user && role === "org_admin");

function organizationOf(call: Call, id: string, change: boolean) {
  const row = call.world.people.organizations.find(({ organization_id }) => organization_id === id);
  const may = row && (change ? isAdmin(call) || leads(call, row) : seesAll(call) || belongs(call, row));
  if (row && !may) throw refused(`The organization ${id} is not yours.`);
  return found(row, "organization");
}
const told = (call: Call) => call.world.stale("organizations", "users", "teams");

export const ORGANIZATION_ROUTES: Route[] = [
  [
    "GET",
    /^\/organization\/list$/,
    (call) =>
      call.world.people.organizations
        .filter((row) => seesAll(call) || belongs(call, row))
        .filter((row) => has(row.organization_alias, call.query.get("org_alias")))
        .map((row) => shown(call, row)),
  ],
  [
    "GET",
    /^\/organization\/info$/,
    (call) => shown(call, organizationOf(call, call.query.get("organization_id") ?? "", false)),
  ],
  [
    "POST",
    /^\/organization\/new$/,
    (call) => {
      administers(call);
      const row = noOrganization(`o-${call.world.random.hex(8)}`, Date.now());
      take(row, call.body, FIELDS);
      setLimits(row, call.body);
      call.world.people.organizations.unshift(row);
      told(call);
      return shown(call, row);
    },
  ],
  [
    "PATCH",
    /^\/organization\/update$/,
    (call) => {
      const row = organizationOf(call, call.body.organization_id, true);
      setLimits(row, call.body);
      take(row, call.body, FIELDS);
      told(call);
      return shown(call, row);
    },
  ],
  [
    "DELETE",
    /^\/organization\/delete$/,
    (call) => {
      administers(call);
      const gone: string[] = call.body.organization_ids;
      const rows = gone.map((id) => shown(call, organizationOf(call, id, true)));
      const { people } = call.world;
      people.organizations = people.organizations.filter(({ organization_id }) => !gone.includes(organization_id));
      people.teams = people.teams.filter(({ organization_id }) => !gone.includes(organization_id ?? ""));
      told(call);
      return rows;
    },
  ],
  [
    "POST",
    /^\/organization\/member_add$/,
    (call) => {
      const { body, world } = call;
      const row = organizationOf(call, body.organization_id, true);
      const user = person(world, body.member);
      if (belongsTo(row, user.user_id)) {
        const message = `user_email: ${user.user_email ?? user.user_id} is in the organization already`;
        throw new Refusal(409, "already_member", message, "user_email");
      }
      row.places.push(place(user.user_id, body.member.role, { max_budget: body.max_budget_in_organization ?? null }));
      user.organizations = [...user.organizations, row.organization_id];
      told(call);
      return { organization_id: row.organization_id, updated_users: [], updated_organization_memberships: [] };
    },
  ],
  [
    "PATCH",
    /^\/organization\/member_update$/,
    (call) => {
      const member = memberOf(call);
      if ("max_budget_in_organization" in call.body) member.max_budget = call.body.max_budget_in_organization;
      if (call.body.role) member.role = call.body.role;
      told(call);
      return member;
    },
  ],
  [
    "DELETE",
    /^\/organization\/member_delete$/,
    (call) => {
      const member = memberOf(call);
      const row = organizationOf(call, call.body.organization_id, true);
      row.places = row.places.filter((one) => one !== member);
      told(call);
      return member;
    },
  ],
];

const belongsTo = (row: Organization, id: string) => row.places.some(({ user_id }) => user_id === id);
const memberOf = (call: Call) =>
  found(
    organizationOf(call, call.body.organization_id, true).places.find(({ user_id }) => user_id === call.body.user_id),
    "member",
  );
