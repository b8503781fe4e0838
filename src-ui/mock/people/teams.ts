import type { Membership, TeamInfo } from "../../src/api/contract.ts";
import { type Call, found, Refusal, type Route } from "../refusal.ts";
import type { World } from "../world.ts";
import { administers, has, isAdmin, page, refused, seesAll, setLimits, shownTeam, take } from "./common.ts";
import { noTeam, place, type Team } from "./state.ts";
import { person } from "./users.ts";

const PERMISSIONS = [
  "/key/aliases",
  "/key/bulk_update",
  "/key/delete",
  "/key/generate",
  "/key/health",
  "/key/info",
  "/key/list",
  "/key/regenerate",
  "/key/service-account/generate",
  "/key/update",
  "/key/{key_id}/regenerate",
  "/v2/key/info",
];
const FIELDS: (keyof Team & string)[] = ["team_alias", "organization_id", "models", "budget_id", "blocked"];

const keysOf = (world: World, id: string) =>
  world.keys.filter((key) => (key as { team_id?: string | null }).team_id === id) as never as TeamInfo["keys"];

const isMember = (call: Call, team: Team) => team.places.some(({ user_id }) => user_id === call.user);
const isTeamAdmin = (call: Call, team: Team) =>
  team.places.some(({ user_id, role }) => user_id === call.user && role === "admin");
const leads = (call: Call, team: Team) =>
  call.world.people.organizations.some(
    ({ organization_id, places }) =>
      organization_id === team.organization_id &&
      places.some(({ user_id, role }) => user_id === call.user && role === "org_admin"),
  );

const sees = (call: Call, team: Team) => seesAll(call) || isMember(call, team) || leads(call, team);

function teamOf(call: Call, id: string, change: boolean) {
  const team = call.world.people.teams.find(({ team_id }) => team_id === id);
  const may = team && (change ? isAdmin(call) || isTeamAdmin(call, team) || leads(call, team) : sees(call, team));
  if (team && !may) throw refused(`The team ${id} is not yours.`);
  return found(team, "team");
}

function memberships(call: Call, team: Team): Membership[] {
  const all = isAdmin(call) || seesAll(call) || isTeamAdmin(call, team) || leads(call, team);
  const defaults = team.team_member_budget_table;
  return team.places
    .filter(({ user_id }) => all || user_id === call.user)
    .map((own) => ({
      user_id: own.user_id,
      team_id: team.team_id,
      role: own.role as Membership["role"],
      spend: own.spend,
      budget_id: null,
      litellm_budget_table: {
        budget_id: null,
        soft_budget: null,
        max_parallel_requests: own.max_parallel_requests,
        model_max_budget: {},
        allowed_models: own.allowed_models,
        max_budget: own.max_budget ?? defaults?.max_budget ?? null,
        budget_duration: own.budget_duration ?? defaults?.budget_duration ?? null,
        budget_reset_at: team.budget_reset_at,
        rpm_limit: own.rpm_limit ?? defaults?.rpm_limit ?? null,
        tpm_limit: own.tpm_limit ?? defaults?.tpm_limit ?? null,
      },
    }));
}

function setMemberDefaults(team: Team, body: Record<string, unknown>) {
  const names = {
    max_budget: "team_member_budget",
    budget_duration: "team_member_budget_duration",
    rpm_limit: "team_member_rpm_limit",
    tpm_limit: "team_member_tpm_limit",
  };
  const table = { budget_reset_at: null, ...team.team_member_budget_table } as Record<string, unknown>;
  for (const [name, said] of Object.entries(names)) table[name] = said in body ? body[said] : (table[name] ?? null);
  const says = Object.values(table).some((value) => value !== null);
  team.team_member_budget_table = says ? (table as never) : null;
}

const share = (body: Record<string, unknown>) => ({
  ...("max_budget_in_team" in body && { max_budget: body.max_budget_in_team as number | null }),
  ...("budget_duration" in body && { budget_duration: body.budget_duration as string | null }),
  ...("rpm_limit" in body && { rpm_limit: body.rpm_limit as number | null }),
  ...("tpm_limit" in body && { tpm_limit: body.tpm_limit as number | null }),
  ...("max_parallel_requests" in body && { max_parallel_requests: body.max_parallel_requests as number | null }),
  ...("allowed_models" in body && { allowed_models: body.allowed_models as string[] }),
});

const told = (call: Call) => call.world.stale("teams", "users", "organizations");

/** Other names of models, tags and metadata, as the gateway keeps them. */
function setNotes(team: Team, { model_aliases, metadata, tags }: Record<string, unknown>) {
  if (model_aliases) {
    const aliases = model_aliases as Record<string, string>;
    team.litellm_model_table = Object.keys(aliases).length > 0 ? { model_aliases: aliases } : null;
  }
  if (metadata) team.metadata = metadata as Record<string, unknown>;
  if (Array.isArray(tags)) team.metadata = { ...team.metadata, tags };
}

export const TEAM_ROUTES: Route[] = [
  [
    "GET",
    /^\/v2\/team\/list$/,
    (call) => {
      const { query, world } = call;
      const some = world.people.teams.filter(
        (team) =>
          sees(call, team) &&
          has(team.team_alias, query.get("team_alias")) &&
          (!query.get("team_id") || team.team_id === query.get("team_id")) &&
          (!query.get("organization_id") || team.organization_id === query.get("organization_id")),
      );
      const { rows, ...rest } = page(some, query);
      return { teams: rows.map((team) => ({ ...shownTeam(world, team), keys: keysOf(world, team.team_id) })), ...rest };
    },
  ],
  [
    "GET",
    /^\/team\/info$/,
    (call): TeamInfo => {
      const team = teamOf(call, call.query.get("team_id") ?? "", false);
      return {
        team_id: team.team_id,
        team_info: shownTeam(call.world, team),
        keys: keysOf(call.world, team.team_id),
        team_memberships: memberships(call, team),
      };
    },
  ],
  [
    "POST",
    /^\/team\/new$/,
    (call) => {
      const { world, body } = call;
      const team = noTeam(body.team_id ?? `t-${world.random.hex(8)}`, Date.now());
      team.organization_id = body.organization_id ?? null;
      if (!isAdmin(call) && !leads(call, team)) throw refused();
      take(team, body, FIELDS);
      setLimits(team, body);
      setMemberDefaults(team, body);
      setNotes(team, body);
      if (call.user) team.places.push(place(call.user, "admin"));
      world.people.teams.unshift(team);
      told(call);
      return shownTeam(world, team);
    },
  ],
  [
    "POST",
    /^\/team\/update$/,
    (call) => {
      const team = teamOf(call, call.body.team_id, true);
      setLimits(team, call.body);
      take(team, call.body, FIELDS);
      setMemberDefaults(team, call.body);
      setNotes(team, call.body);
      told(call);
      return { team_id: team.team_id, data: shownTeam(call.world, team) };
    },
  ],
  [
    "POST",
    /^\/team\/delete$/,
    (call) => {
      administers(call);
      const gone: string[] = call.body.team_ids;
      const { people } = call.world;
      const keys = gone.flatMap((id) => keysOf(call.world, teamOf(call, id, true).team_id));
      people.teams = people.teams.filter(({ team_id }) => !gone.includes(team_id));
      call.world.keys = call.world.keys.filter((key) => !keys.some(({ token }) => token === key.token));
      told(call);
      return { deleted_teams: gone, deleted_keys: keys.length };
    },
  ],
  [
    "POST",
    /^\/team\/(block|unblock)$/,
    (call) => {
      administers(call);
      const team = teamOf(call, call.body.team_id, true);
      team.blocked = call.path[0] === "block";
      told(call);
      return shownTeam(call.world, team);
    },
  ],
  [
    "POST",
    /^\/team\/member_add$/,
    (call) => {
      const { world, body } = call;
      const team = teamOf(call, body.team_id, true);
      const user = person(world, body.member);
      if (team.places.some(({ user_id }) => user_id === user.user_id)) {
        const message = `user_email: ${user.user_email ?? user.user_id} is in the team already`;
        throw new Refusal(400, "team_member_already_in_team", message, "user_email");
      }
      team.places.push(place(user.user_id, body.member.role, share(body)));
      user.teams = [...user.teams, team.team_id];
      told(call);
      return shownTeam(world, team);
    },
  ],
  [
    "POST",
    /^\/team\/member_update$/,
    (call) => {
      const team = teamOf(call, call.body.team_id, true);
      const member = found(
        team.places.find(({ user_id }) => user_id === call.body.user_id),
        "member",
      );
      Object.assign(member, share(call.body), call.body.role && { role: call.body.role });
      told(call);
      return { team_id: team.team_id, ...member };
    },
  ],
  [
    "POST",
    /^\/team\/member_delete$/,
    (call) => {
      const team = teamOf(call, call.body.team_id, true);
      team.places = team.places.filter(({ user_id }) => user_id !== call.body.user_id);
      told(call);
      return shownTeam(call.world, team);
    },
  ],
  [
    "GET",
    /^\/team\/permissions_list$/,
    (call) => {
      const { team_id, team_member_permissions } = teamOf(call, call.query.get("team_id") ?? "", false);
      return { team_id, team_member_permissions, all_available_permissions: PERMISSIONS };
    },
  ],
  [
    "POST",
    /^\/team\/permissions_update$/,
    (call) => {
      const team = teamOf(call, call.body.team_id, true);
      team.team_member_permissions = call.body.team_member_permissions;
      told(call);
      return shownTeam(call.world, team);
    },
  ],
];
