// What whoever is signed in may do. The gateway decides it anew for every request, and says beforehand what would be refused
// altogether; the console offers none of that.
import { createContext, useContext } from "react";
import type { Session } from "./contract";

/** Which word of the session's a route goes by. What is done to one thing goes by what makes such things. */
const GOES_BY = {
  "GET /console/spend": "overview",
  "GET /console/requests": "requests",
  "GET /console/events": "events",
  "GET /console/limits": "limits",
  "GET /console/catalogue": "catalogue",
  "GET /console/providers": "providers",
  "POST /console/providers": "change_providers",
  "PUT /console/prices/{provider}/{model}": "change_prices",
  "POST /config/reload": "reload_config",
  "GET /key/list": "keys",
  "POST /key/generate": "create_keys",
  "POST /key/update": "create_keys",
  "POST /key/delete": "create_keys",
  "POST /key/regenerate": "create_keys",
  "POST /key/rotated": "create_keys",
  "POST /key/block": "block_keys",
  "GET /user/list": "users",
  "POST /user/new": "create_users",
  "POST /user/bulk_update": "create_users",
  "POST /user/delete": "create_users",
  "POST /invitation/new": "invite",
  "GET /v2/team/list": "teams",
  "POST /team/new": "create_teams",
  "POST /team/update": "change_teams",
  "GET /organization/list": "organizations",
  "POST /organization/new": "create_organizations",
  "DELETE /organization/delete": "create_organizations",
  "PATCH /organization/update": "change_organizations",
  "GET /budget/list": "budgets",
  "POST /budget/new": "change_budgets",
  "GET /customer/list": "customers",
  "POST /customer/new": "change_customers",
  "POST /customer/update": "change_customers",
  "GET /tag/list": "tags",
  "POST /tag/new": "change_tags",
  "GET /audit": "audit",
  "GET /v2/model/info": "models",
  "POST /model/new": "change_models",
  "POST /model/delete": "change_models",
  "PATCH /model/{model_id}/update": "change_models",
  "POST /model_group/make_public": "publish_models",
  "GET /access_group/list": "access_groups",
  "POST /access_group/new": "change_access_groups",
  "PUT /access_group/{access_group}/update": "change_access_groups",
  "DELETE /access_group/{access_group}/delete": "change_access_groups",
} satisfies Record<string, keyof Session["may"]>;

export type Route = keyof typeof GOES_BY;

export interface Access {
  session: Session;
  /** Whether a route is open at all, for everything or for what is theirs. */
  may: (route: Route) => boolean;
  /** Everything is theirs: the administrator. */
  all: boolean;
  userId: string | null;
  /** Whether somebody administers an organization, and with it its teams. */
  leads: (organization: string | null) => boolean;
}

export function accessOf(session: Session): Access {
  const all = session.role === "admin";
  return {
    session,
    may: (route) => session.may[GOES_BY[route]],
    all,
    userId: session.user_id,
    leads: (organization) =>
      all || session.organizations.some(({ id, role }) => id === organization && role === "org_admin"),
  };
}

export const AccessContext = createContext<Access | null>(null);
export function useAccess(): Access {
  const access = useContext(AccessContext);
  if (!access) throw new Error("nobody is signed in here");
  return access;
}
