import type { UserInfo, UserRow } from "../../src/api/contract.ts";
import { type Call, found, Refusal, type Route } from "../refusal.ts";
import type { World } from "../world.ts";
import { administers, has, isAdmin, led, me, page, refused, seesAll, setLimits, shownTeam, take } from "./common.ts";
import { noUser, place, type User } from "./state.ts";

export const shown = ({ password: _, ...row }: User): UserRow => row;

const FIELDS: (keyof User & string)[] = ["user_email", "user_alias", "user_role", "models", "budget_id", "blocked"];

export function userOf(world: World, id: string) {
  return found(
    world.people.users.find((user) => user.user_id === id),
    "user",
  );
}

/** By an id or an address; who is not known is made. */
export function person(world: World, named: { user_id?: string; user_email?: string }): User {
  const known = world.people.users.find(
    (user) => user.user_id === named.user_id || (named.user_email && user.user_email === named.user_email),
  );
  if (known) return known;
  const made = {
    ...noUser(named.user_id ?? `u-${world.random.hex(8)}`, Date.now()),
    user_email: named.user_email ?? null,
  };
  world.people.users.unshift(made);
  return made;
}

/** A link with which somebody sets a password; it names the world, so that whoever has it needs no key. */
export function link(world: World, user_id: string) {
  const made = {
    id: `inv-${world.name}.${world.random.hex(8)}`,
    user_id,
    is_accepted: false,
    expires_at: new Date(Date.now() + 7 * 86_400_000).toISOString(),
  };
  world.people.links.push(made);
  return { ...made, invitation_url: `http://127.0.0.1:4000/invitation/claim/${made.id}` };
}

function checkEmail(world: World, email: unknown, own?: string) {
  if (typeof email !== "string") return;
  if (!/^[^@\s]+@[^@\s]+$/.test(email)) {
    throw new Refusal(400, "invalid_email", "user_email must be an e-mail address", "user_email");
  }
  if (world.people.users.some((user) => user.user_email === email && user.user_id !== own)) {
    throw new Refusal(409, "email_taken", `user_email: ${email} belongs to another user`, "user_email");
  }
}

function info(call: Call): UserInfo {
  const id = call.query.get("user_id") ?? call.user ?? "administrator";
  const user = userOf(call.world, id);
  const theirs = user.organizations.some((one) => led(call).includes(one));
  if (!seesAll(call) && id !== call.user && !theirs) throw refused();
  return {
    user_id: id,
    user_info: shown(user),
    keys: call.world.keys.filter((key) => (key as { user_id?: string | null }).user_id === id) as never,
    teams: call.world.people.teams
      .filter((team) => team.places.some(({ user_id }) => user_id === id))
      .map((team) => shownTeam(call.world, team)),
    user_alias: user.user_alias,
    user_email: user.user_email,
    user_role: user.user_role,
    max_budget: user.max_budget,
    spend: user.spend,
    models: user.models,
    metadata: user.metadata,
  };
}

export const USER_ROUTES: Route[] = [
  [
    "GET",
    /^\/user\/list$/,
    (call) => {
      const own = led(call);
      if (!seesAll(call) && own.length === 0) throw refused("Only proxy admin can list users.");
      const { query, world } = call;
      const ids = query.get("user_ids")?.split(",");
      const some = world.people.users.filter(
        (user) =>
          (seesAll(call) || user.organizations.some((id) => own.includes(id))) &&
          has(user.user_email, query.get("user_email")) &&
          [user.user_alias, user.user_email, user.user_id].some((text) => has(text, query.get("search"))) &&
          (!ids || ids.includes(user.user_id)) &&
          (!query.get("role") || user.user_role === query.get("role")),
      );
      const { rows, ...rest } = page(some, query);
      return { users: rows.map(shown), ...rest };
    },
  ],
  ["GET", /^\/user\/info$/, info],
  [
    "POST",
    /^\/user\/new$/,
    (call) => {
      const { world, body } = call;
      if (!led(call).includes(body.organization_id)) administers(call);
      checkEmail(world, body.user_email);
      const user = noUser(body.user_id ?? `u-${world.random.hex(8)}`, Date.now());
      take(user, body, FIELDS);
      setLimits(user, body);
      user.teams = body.teams ?? [];
      user.organizations = body.organization_id ? [body.organization_id] : [];
      for (const team of world.people.teams) {
        if (user.teams.includes(team.team_id)) team.places.push(place(user.user_id));
      }
      world.people.users.unshift(user);
      world.stale("users", "teams");
      const invitation = body.send_invite_email ? link(world, user.user_id) : null;
      return { ...shown(user), key: "", invitation_url: invitation?.invitation_url ?? null };
    },
  ],
  [
    "POST",
    /^\/user\/update$/,
    (call) => {
      const { world, body } = call;
      if (!isAdmin(call) && body.user_id !== call.user) throw refused();
      const user = userOf(world, body.user_id);
      if (me(call) && !isAdmin(call) && "max_budget" in body) throw refused("Nobody raises their own limits.");
      checkEmail(world, body.user_email, user.user_id);
      setLimits(user, body);
      take(user, body, FIELDS);
      if (body.password) Object.assign(user, { password: body.password, has_password: true });
      world.stale("users");
      return { user_id: user.user_id, data: shown(user) };
    },
  ],
  [
    "POST",
    /^\/user\/delete$/,
    (call) => {
      administers(call);
      const { people } = call.world;
      const gone: string[] = call.body.user_ids;
      for (const id of gone) userOf(call.world, id);
      people.users = people.users.filter(({ user_id }) => !gone.includes(user_id));
      for (const group of [...people.teams, ...people.organizations]) {
        group.places = group.places.filter(({ user_id }) => !gone.includes(user_id));
      }
      call.world.stale("users", "teams", "organizations", "keys");
      return gone.length;
    },
  ],
  [
    "POST",
    /^\/invitation\/new$/,
    (call) => {
      administers(call);
      userOf(call.world, call.body.user_id);
      return link(call.world, call.body.user_id);
    },
  ],
];
