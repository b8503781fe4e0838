// What whoever is signed in may do. The gateway decides it anew for every request; the console asks so that it offers nothing
// that would be refused.
import { createContext, useContext } from "react";
import type { Session } from "./contract";

export interface Access {
  session: Session;
  /** Whether a route is open at all, for everything or for what is theirs: "POST /team/new". */
  may: (route: string) => boolean;
  /** Everything is theirs: the administrator. */
  all: boolean;
  userId: string | null;
}

const LOOKS = "GET ";
// Where the gateway does not say it: what a user without a role in a team or an organization may do.
const OWN = new Set([
  "GET /console/overview",
  "GET /console/requests",
  "GET /console/catalogue",
  "GET /console/status",
  "GET /console/events",
  "GET /key/list",
  "GET /user/info",
  "GET /v2/team/list",
  "GET /team/info",
  "GET /organization/list",
  "GET /organization/info",
]);
const OWN_WRITES = new Set([
  "POST /key/generate",
  "POST /key/update",
  "POST /key/delete",
  "POST /key/regenerate",
  "POST /user/update",
]);
// Of the whole gateway, and not for those who only look.
const ADMINISTRATORS = new Set(["GET /budget/list", "GET /budget/settings"]);

export function accessOf(session: Session): Access {
  const told = session.may && new Set(session.may);
  const may = (route: string) => {
    if (session.role === "admin") return true;
    if (told) return told.has(route);
    if (session.role === "admin_viewer") return route.startsWith(LOOKS) && !ADMINISTRATORS.has(route);
    if (session.role === "key") return false;
    return OWN.has(route) || (session.role === "user" && OWN_WRITES.has(route));
  };
  return { session, may, all: session.role === "admin", userId: session.user?.user_id ?? null };
}

/** The administrator's, where nothing else is said: the window's, and tests' of single parts. */
const EVERYTHING = accessOf({ role: "admin", key_name: null, origin: "window", user: null });

export const AccessContext = createContext<Access>(EVERYTHING);
export const useAccess = () => useContext(AccessContext);
