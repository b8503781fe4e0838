// Signing in, and invitations: routes that nobody has to be known for. An address or a link says which world is meant:
// `ada@example.org` of the world `mock-busy-1` signs in as `ada@mock-busy-1`, and its key is `mock-busy-1~u-ada`.
import type { Session } from "../../src/api/contract.ts";
import { Refusal } from "../refusal.ts";
import { type World, worldNamed } from "../world.ts";
import type { Place, User } from "./state.ts";
import { shown } from "./users.ts";

type MayName = keyof Session["may"] | "tags" | "change_tags";

const ROLES: Record<string, Session["role"]> = {
  proxy_admin: "admin",
  proxy_admin_viewer: "admin_viewer",
  internal_user: "user",
  internal_user_viewer: "viewer",
};

const LOOKS: MayName[] = ["overview", "requests", "events", "limits", "catalogue", "models", "access_groups"];
const OWN: MayName[] = [...LOOKS, "keys", "teams", "organizations"];
const ALL: MayName[] = [...OWN, "providers", "users", "customers", "audit"];
const LEADS: MayName[] = ["users", "create_users", "invite", "create_teams", "change_teams", "change_organizations"];
const NAMES: MayName[] = [
  ...ALL,
  ...LEADS,
  "budgets",
  "create_keys",
  "block_keys",
  "create_organizations",
  "change_models",
  "publish_models",
  "change_access_groups",
  "change_budgets",
  "change_customers",
  "tags",
  "change_tags",
  "change_providers",
  "change_prices",
  "change_fallbacks",
  "reload_config",
];

/** What is open, by what somebody is; of the gateway's own table the part that the console asks about. */
function may(role: Session["role"], leads: boolean, heads: boolean): Session["may"] {
  const open = new Set<MayName>({ admin: NAMES, admin_viewer: ALL, user: OWN, viewer: OWN, key: [] }[role]);
  if (role === "user") open.add("create_keys");
  if (leads) for (const name of LEADS) open.add(name);
  if (heads) open.add("change_teams");
  return Object.fromEntries(NAMES.map((name) => [name, open.has(name)])) as Session["may"];
}

/** The session of a person, of a key that belongs to nobody, or of the administrator. */
export function sessionOf(
  world: World,
  user: User | undefined,
  key: { key_alias: string | null } | null,
  origin: Session["origin"],
): Session {
  const role = user ? (ROLES[user.user_role] ?? "user") : key ? "key" : "admin";
  const of = (places: Place[]) => places.find(({ user_id }) => user_id === user?.user_id)?.role;
  const teams = world.people.teams.flatMap(({ team_id, team_alias, places }) => {
    const at = of(places);
    return at ? [{ id: team_id, alias: team_alias, role: at }] : [];
  });
  const organizations = world.people.organizations.flatMap(({ organization_id, organization_alias, places }) => {
    const at = of(places);
    return at ? [{ id: organization_id, alias: organization_alias, role: at }] : [];
  });
  const leads = organizations.some((place) => place.role === "org_admin");
  const heads = teams.some((place) => place.role === "admin");
  return {
    role,
    key_name: key?.key_alias ?? null,
    origin,
    signed_in: user !== undefined,
    user_id: user?.user_id ?? null,
    user_email: user?.user_email ?? null,
    team_id: null,
    teams,
    organizations,
    may: may(role, leads, heads),
  };
}

const opened = (world: World, user: User) => ({
  key: `${world.name}~${user.user_id}`,
  user_id: user.user_id,
  user_email: user.user_email,
  user_role: user.user_role,
  expires: new Date(Date.now() + 86_400_000).toISOString(),
});

function account(body: { email?: string; user_id?: string }): { world: World; user: User } | null {
  const [name, domain] = (body.email ?? "").split("@");
  for (const world of domain ? [worldNamed(domain)] : worldNamed.all()) {
    const user = world?.people.users.find(
      ({ user_email, user_id }) => (domain && user_email?.startsWith(`${name}@`)) || user_id === body.user_id,
    );
    if (world && user) return { world, user };
  }
  return null;
}

function invited(id: string) {
  const world = worldNamed(/^inv-(.+)\.[0-9a-f]+$/.exec(id)?.[1] ?? "");
  const link = world?.people.links.find((one) => one.id === id);
  const user = world?.people.users.find(({ user_id }) => user_id === link?.user_id);
  if (!world || !link || !user) throw new Refusal(404, "unknown_invitation", "There is no such invitation.");
  if (link.is_accepted) throw new Refusal(401, "invitation_used", "the invitation was used already");
  return { world, link, user };
}

/** Answers a route that is open to everybody; undefined for any other. */
export function publicAnswer(method: string, url: URL, body: Record<string, string>): unknown {
  const route = `${method} ${url.pathname}`;
  if (route === "GET /console/sign-in") return { administrator_key: true, password: false, sso: null };
  if (route === "POST /console/sign-in") {
    const found = account(body);
    if (found?.user.blocked) throw new Refusal(403, "blocked", "the account is blocked");
    if (!found || found.user.password === null || found.user.password !== body.password) {
      throw new Refusal(401, "wrong_password", "the account and the password do not belong together");
    }
    return opened(found.world, found.user);
  }
  if (route === "POST /console/sign-in/redeem") {
    const [world, user] = (body.code ?? "").split("~");
    const found = worldNamed(world ?? "")?.people.users.find(({ user_id }) => user_id === user);
    if (!found) throw new Refusal(401, "unknown_code", "the code is not good (any more)");
    return opened(worldNamed(world!)!, found);
  }
  if (route === "GET /onboarding/get_token") {
    const { user } = invited(url.searchParams.get("invite_link") ?? "");
    return { login_url: "", token: "", user_email: user.user_email };
  }
  const claimed = method === "POST" && /^\/invitation\/claim\/(.+)$/.exec(url.pathname)?.[1];
  if (!claimed) return undefined;
  const { world, link, user } = invited(decodeURIComponent(claimed));
  if (/^password/i.test(body.password ?? "")) {
    throw new Refusal(400, "weak_password", "password: it is among the most common ones", "password");
  }
  link.is_accepted = true;
  Object.assign(user, { password: body.password, has_password: true });
  world.stale("users");
  return { ...shown(user), is_accepted: true, key: null };
}
