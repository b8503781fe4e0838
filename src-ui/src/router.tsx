// Pages by hash: the same URL works under /ui/ and in the native window, and nothing needs a rewrite rule.
import type { QueryClient } from "@tanstack/react-query";
import {
  createHashHistory,
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import type { SessionFilter } from "@/api/sessions";
import type { KeySearch } from "@/features/keys/key-filters";
import { KeysPage } from "@/features/keys/keys-page";
import { ModelsPage } from "@/features/models/models-page";
import { OverviewPage } from "@/features/overview/overview-page";
import { overviewSearch } from "@/features/overview/search";
import { ProvidersPage } from "@/features/providers/providers-page";
import { RequestsPage } from "@/features/requests/requests-page";
import { requestSearch } from "@/features/requests/search";
import { doorOf } from "@/features/session/doors";
import { SettingsPage } from "@/features/settings/settings-page";
import { Broken } from "@/features/shell/broken";
import { Pending } from "@/features/shell/pending";
import { Shell } from "@/features/shell/shell";

type Search = Record<string, unknown>;
const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);
const oneOf = <T extends string>(value: unknown, allowed: readonly T[]) =>
  allowed.includes(value as T) ? (value as T) : undefined;

export const SINCE = ["1d", "7d", "30d"] as const;

const root = createRootRouteWithContext<{ client: QueryClient }>()({
  component: () => (
    <Shell>
      <Outlet />
    </Shell>
  ),
  notFoundComponent: () => <Broken />,
});

interface KeyPageSearch extends KeySearch {
  issue?: boolean;
  open?: string;
}
interface ModelSearch {
  view?: "groups";
  add?: boolean;
  q?: string;
  provider?: string;
  mode?: string;
  can?: string;
  mine?: boolean;
  sort?: string;
  open?: string;
  /** Prices are set for what was used without one. */
  unpriced?: boolean;
}

const overview = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: OverviewPage,
  validateSearch: overviewSearch,
});
const requests = createRoute({
  getParentRoute: () => root,
  path: "/requests",
  component: RequestsPage,
  validateSearch: requestSearch,
});
const sessions = createRoute({
  getParentRoute: () => root,
  path: "/requests/sessions",
  component: lazyRouteComponent(() => import("@/features/sessions/sessions-page"), "SessionsPage"),
  validateSearch: (s: Search): SessionFilter => ({ search: text(s.search), project: text(s.project) }),
});
const models = createRoute({
  getParentRoute: () => root,
  path: "/models",
  component: ModelsPage,
  validateSearch: (s: Search): ModelSearch => ({
    view: oneOf(s.view, ["groups"] as const),
    add: s.add === true ? true : undefined,
    q: text(s.q),
    provider: text(s.provider),
    mode: text(s.mode),
    can: text(s.can),
    mine: s.mine === true ? true : undefined,
    sort: text(s.sort),
    open: text(s.open),
    unpriced: s.unpriced === true ? true : undefined,
  }),
});
const providers = createRoute({
  getParentRoute: () => root,
  path: "/providers",
  component: ProvidersPage,
  validateSearch: (s: Search): { add?: boolean } => ({ add: s.add === true ? true : undefined }),
});
const keys = createRoute({
  getParentRoute: () => root,
  path: "/keys",
  component: KeysPage,
  validateSearch: (s: Search): KeyPageSearch => ({
    q: text(s.q),
    team: text(s.team),
    user: text(s.user),
    organization: text(s.organization),
    state: oneOf(s.state, ["revoked"] as const),
    sort: text(s.sort),
    issue: s.issue === true ? true : undefined,
    open: text(s.open),
  }),
});
// Pages of people come when they are opened: most who run a gateway for themselves never do.
/** Of every page with a list of things: what is looked for, what is open beside it, and whether a new one is being made. */
export interface ListSearch {
  q?: string;
  open?: string;
  new?: boolean;
  /** Narrowed to one role, team or organization, as far as the page can. */
  of?: string;
  sort?: string;
}
const listSearch = (s: Search): ListSearch => ({
  q: text(s.q),
  open: text(s.open),
  new: s.new === true ? true : undefined,
  of: text(s.of),
  sort: text(s.sort),
});
const users = createRoute({
  getParentRoute: () => root,
  path: "/users",
  component: lazyRouteComponent(() => import("@/features/users/users-page"), "UsersPage"),
  validateSearch: listSearch,
});
const teams = createRoute({
  getParentRoute: () => root,
  path: "/teams",
  component: lazyRouteComponent(() => import("@/features/teams/teams-page"), "TeamsPage"),
  validateSearch: listSearch,
});
const organizations = createRoute({
  getParentRoute: () => root,
  path: "/organizations",
  component: lazyRouteComponent(() => import("@/features/organizations/organizations-page"), "OrganizationsPage"),
  validateSearch: listSearch,
});
const budgets = createRoute({
  getParentRoute: () => root,
  path: "/budgets",
  component: lazyRouteComponent(() => import("@/features/budgets/budgets-page"), "BudgetsPage"),
  validateSearch: listSearch,
});
const customers = createRoute({
  getParentRoute: () => root,
  path: "/customers",
  component: lazyRouteComponent(() => import("@/features/customers/customers-page"), "CustomersPage"),
  validateSearch: listSearch,
});
const tags = createRoute({
  getParentRoute: () => root,
  path: "/tags",
  component: lazyRouteComponent(() => import("@/features/tags/tags-page"), "TagsPage"),
  validateSearch: listSearch,
});
interface AuditSearch {
  type?: string;
  action?: string;
  who?: string;
  since?: (typeof SINCE)[number];
  /** One thing's id. */
  q?: string;
  open?: string;
}
const audit = createRoute({
  getParentRoute: () => root,
  path: "/audit",
  component: lazyRouteComponent(() => import("@/features/audit/audit-page"), "AuditPage"),
  validateSearch: (s: Search): AuditSearch => ({
    type: text(s.type),
    action: text(s.action),
    who: text(s.who),
    since: oneOf(s.since, SINCE),
    q: text(s.q),
    open: text(s.open),
  }),
});
const alerts = createRoute({
  getParentRoute: () => root,
  path: "/alerts",
  component: lazyRouteComponent(() => import("@/features/alerts/alerts-page"), "AlertsPage"),
});
const account = createRoute({
  getParentRoute: () => root,
  path: "/account",
  component: lazyRouteComponent(() => import("@/features/account/account-page"), "AccountPage"),
});
const settings = createRoute({ getParentRoute: () => root, path: "/settings", component: SettingsPage });
const elsewhere = createRoute({
  getParentRoute: () => root,
  path: "$",
  beforeLoad: () => {
    // A way in from outside is dealt with before the router: see app.tsx.
    if (doorOf(window.location.hash) === null) throw redirect({ to: "/" });
  },
});

export const router = createRouter({
  routeTree: root.addChildren([
    overview,
    requests,
    sessions,
    models,
    providers,
    keys,
    users,
    teams,
    organizations,
    customers,
    budgets,
    tags,
    audit,
    alerts,
    account,
    settings,
    elsewhere,
  ]),
  history: createHashHistory(),
  context: { client: undefined as unknown as QueryClient },
  defaultPendingComponent: Pending,
  defaultPendingMs: 200,
  defaultErrorComponent: ({ error }) => <Broken error={error} />,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
