import {
  Bell,
  Boxes,
  Building2,
  ChartColumn,
  Contact,
  History,
  KeyRound,
  type LucideIcon,
  MessagesSquare,
  Plug,
  ScrollText,
  Settings,
  Tags,
  UserRound,
  Users,
  Wallet,
} from "lucide-react";
import { useMemo } from "react";
import { type Access, type Route, useAccess } from "@/api/access";

export interface PageLink {
  to:
    | "/"
    | "/requests"
    | "/requests/sessions"
    | "/models"
    | "/providers"
    | "/keys"
    | "/users"
    | "/teams"
    | "/organizations"
    | "/customers"
    | "/budgets"
    | "/tags"
    | "/audit"
    | "/alerts"
    | "/account"
    | "/settings";
  id: string;
  label: string;
  icon: LucideIcon;
  /** The route that it lives by: whoever may not ask it does not see the page. Some live by none. */
  needs?: Route;
  /** The part of the menu that it is in. */
  part: "gateway" | "people" | "end";
  /** Other words that it is looked for by. */
  words?: string;
}

export const PAGES: PageLink[] = [
  { to: "/", id: "overview", label: "Overview", icon: ChartColumn, needs: "GET /console/spend", part: "gateway" },
  {
    to: "/requests",
    id: "requests",
    label: "Requests",
    icon: ScrollText,
    needs: "GET /console/requests",
    part: "gateway",
  },
  { to: "/models", id: "models", label: "Models", icon: Boxes, needs: "GET /console/catalogue", part: "gateway" },
  {
    to: "/providers",
    id: "providers",
    label: "Providers",
    icon: Plug,
    needs: "GET /console/providers",
    part: "gateway",
  },
  { to: "/keys", id: "keys", label: "Keys", icon: KeyRound, needs: "GET /key/list", part: "gateway" },
  {
    to: "/users",
    id: "users",
    label: "Users",
    icon: UserRound,
    needs: "GET /user/list",
    part: "people",
    words: "people",
  },
  {
    to: "/teams",
    id: "teams",
    label: "Teams",
    icon: Users,
    needs: "GET /v2/team/list",
    part: "people",
    words: "people",
  },
  {
    to: "/organizations",
    id: "organizations",
    label: "Organizations",
    icon: Building2,
    needs: "GET /organization/list",
    part: "people",
    words: "tenants",
  },
  {
    to: "/customers",
    id: "customers",
    label: "Customers",
    icon: Contact,
    needs: "GET /customer/list",
    part: "people",
    words: "end users",
  },
  {
    to: "/budgets",
    id: "budgets",
    label: "Budgets",
    icon: Wallet,
    needs: "GET /budget/list",
    part: "people",
    words: "limits",
  },
  {
    to: "/tags",
    id: "tags",
    label: "Tags",
    icon: Tags,
    needs: "GET /tag/list",
    part: "people",
    words: "labels cost centers limits",
  },
  {
    to: "/audit",
    id: "audit",
    label: "Audit log",
    icon: History,
    needs: "GET /audit",
    part: "end",
    words: "changes history who",
  },
  { to: "/settings", id: "settings", label: "Settings", icon: Settings, part: "end" },
];

/** Not in the menu: one comes to it by one's name. */
export const ACCOUNT: PageLink = {
  to: "/account",
  id: "account",
  label: "Your account",
  icon: UserRound,
  part: "end",
  words: "profile password",
};

/** Nor is this: one comes to it by the bell. */
export const ALERTS: PageLink = {
  to: "/alerts",
  id: "alerts",
  label: "Alerts",
  icon: Bell,
  needs: "GET /console/events",
  part: "end",
  words: "notifications budgets unusual spend limits",
};

/** And this is the log's other view. */
export const SESSIONS: PageLink = {
  to: "/requests/sessions",
  id: "sessions",
  label: "Sessions",
  icon: MessagesSquare,
  needs: "GET /console/requests",
  part: "gateway",
  words: "runs conversations projects claude code codex",
};

/** Pages beside the menu. */
export const ASIDE = [SESSIONS, ACCOUNT, ALERTS];

export const isOpen = (access: Access, page: PageLink) =>
  page === ACCOUNT ? access.userId !== null : page.needs === undefined || access.may(page.needs);

/** The pages that whoever is signed in may open, in the order of the menu. */
export function usePages(): PageLink[] {
  const access = useAccess();
  return useMemo(() => PAGES.filter((page) => isOpen(access, page)), [access]);
}
