// Pictures of the pages of people, and of the ways in: `npm run screens`, then e2e/screens/out/.
import { expect, type Page, test } from "@playwright/test";
import { mockKey, signIn } from "../helpers";

const OUT = "e2e/screens/out";
const SIZES = [
  { name: "wide", width: 1440, height: 900 },
  { name: "narrow", width: 900, height: 720 },
  { name: "phone", width: 390, height: 844 },
];

type Act = (page: Page) => Promise<unknown>;
interface Shot {
  scenario?: string;
  path: string;
  /** Signed in as this user. */
  as?: string;
  act?: Act;
}

const row =
  (kind: string, name: string, ...then: string[]): Act =>
  async (page) => {
    await page.locator(`[data-testid=${kind}-row][data-name="${name}"]`).click();
    for (const testid of then) await page.getByTestId(testid).click();
  };
const seen =
  (testid: string): Act =>
  (page) =>
    page.getByTestId(testid).first().waitFor();

const SHOTS: Record<string, Shot> = {
  users: { path: "/users", act: seen("user-row") },
  "users-many": { scenario: "many", path: "/users", act: seen("user-row") },
  "users-empty": { scenario: "quiet", path: "/users", act: seen("users-empty") },
  "users-slow": { scenario: "slow", path: "/users" },
  "users-failing": { scenario: "failing", path: "/users", act: seen("error-notice") },
  "users-none": { path: "/users?q=zzzz", act: seen("users-none") },
  "users-new": { path: "/users?new=true", act: seen("user-create") },
  "users-open": { path: "/users", act: row("user", "Ada Lovelace") },
  "users-settings": { path: "/users", act: row("user", "Ada Lovelace", "user-drawer-tab-settings") },
  "users-delete": { path: "/users", act: row("user", "Ada Lovelace", "user-drawer-menu", "user-delete") },
  "users-invited": { path: "/users", act: row("user", "Alan", "user-drawer-menu", "user-invite-again") },
  teams: { path: "/teams", act: seen("team-row") },
  "teams-many": { scenario: "many", path: "/teams", act: seen("team-row") },
  "teams-empty": { scenario: "quiet", path: "/teams", act: seen("teams-empty") },
  "teams-new": { path: "/teams?new=true", act: seen("team-create") },
  "teams-open": { path: "/teams", act: row("team", "Research") },
  "teams-members": { path: "/teams", act: row("team", "Research", "team-drawer-tab-members") },
  "teams-member": { path: "/teams", act: row("team", "Research", "team-drawer-tab-members", "member-add") },
  "teams-permissions": { path: "/teams", act: row("team", "Research", "team-drawer-tab-permissions") },
  "teams-settings": { path: "/teams", act: row("team", "Research", "team-drawer-tab-settings") },
  "teams-delete": { path: "/teams", act: row("team", "Research", "team-drawer-menu", "team-delete") },
  organizations: { path: "/organizations", act: seen("organization-row") },
  "organizations-empty": { scenario: "quiet", path: "/organizations", act: seen("organizations-empty") },
  "organizations-open": { path: "/organizations", act: row("organization", "North") },
  "organizations-teams": { path: "/organizations", act: row("organization", "North", "organization-drawer-tab-teams") },
  "organizations-delete": {
    path: "/organizations",
    act: row("organization", "North", "organization-drawer-menu", "organization-delete"),
  },
  budgets: { path: "/budgets", act: seen("budget-row") },
  "budgets-empty": { scenario: "quiet", path: "/budgets", act: seen("budgets-empty") },
  "budgets-open": { path: "/budgets", act: row("budget", "interns") },
  "budgets-new": { path: "/budgets?new=true", act: seen("budget-create") },
  customers: { path: "/customers", act: seen("customer-row") },
  "customers-many": { scenario: "many", path: "/customers", act: seen("customer-row") },
  "customers-empty": { scenario: "quiet", path: "/customers", act: seen("customers-empty") },
  "customers-open": { path: "/customers", act: row("customer", "Globex") },
  "customers-delete": { path: "/customers", act: row("customer", "Globex", "customer-drawer-menu", "customer-delete") },
  "customers-settings": { path: "/customers", act: row("customer", "Globex", "customer-drawer-tab-settings") },
  "budgets-settings": { path: "/budgets", act: row("budget", "interns", "budget-drawer-tab-settings") },
  "organizations-settings": {
    path: "/organizations",
    act: row("organization", "North", "organization-drawer-tab-settings"),
  },
  tags: { path: "/tags", act: seen("tag-row") },
  "tags-empty": { scenario: "quiet", path: "/tags", act: seen("tags-empty") },
  "tags-failing": { scenario: "failing", path: "/tags", act: seen("error-notice") },
  "tags-open": { path: "/tags", act: row("tag", "coding") },
  "tags-seen": { path: "/tags", act: row("tag", "User-Agent: claude-cli/2.1.0") },
  "tags-new": { path: "/tags?new=true", act: seen("tag-create") },
  "tags-delete": { path: "/tags", act: row("tag", "coding", "tag-drawer-menu", "tag-delete") },
  audit: { path: "/audit", act: seen("change-row") },
  "audit-empty": { scenario: "quiet", path: "/audit", act: seen("changes-empty") },
  "audit-none": { path: "/audit?type=listener", act: seen("changes-none") },
  "audit-open": { path: "/audit", act: (page) => page.getByTestId("change-row").first().click() },
  "audit-made": {
    path: "/audit?action=created&type=user",
    act: (page) => page.getByTestId("change-row").first().click(),
  },
  "limited-teams": { path: "/teams", as: "u-view", act: seen("team-row") },
  "limited-closed": { path: "/users", as: "u-view", act: seen("page-closed") },
  "limited-account": { path: "/account", as: "u-ada", act: seen("user-usage") },
  "limited-overview": { path: "/", as: "u-ada" },
};

async function settle(page: Page) {
  await page.evaluate(() => document.fonts.ready);
  await page.waitForTimeout(350);
}

for (const size of SIZES) {
  for (const theme of ["light", "dark"] as const) {
    const look = { viewport: size, colorScheme: theme, locale: "en-US" } as const;
    for (const [name, { scenario = "busy", path, as, act }] of Object.entries(SHOTS)) {
      test(`${name} ${size.name} ${theme}`, async ({ browser, baseURL }) => {
        const context = await browser.newContext({ ...look, baseURL });
        const page = await context.newPage();
        await signIn(page, as ? `${mockKey(scenario)}~${as}` : mockKey(scenario), path);
        await act?.(page);
        await settle(page);
        await page.screenshot({ path: `${OUT}/${name}-${size.name}-${theme}.png` });
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(size.width);
        await context.close();
      });
    }

    test(`ways in ${size.name} ${theme}`, async ({ browser, baseURL }) => {
      const context = await browser.newContext({ ...look, baseURL });
      const page = await context.newPage();
      await page.route("**/console/sign-in", (route) =>
        route.request().method() === "GET"
          ? route.fulfill({
              json: { administrator_key: true, password: true, sso: { name: "Example ID", url: "/sso/login" } },
            })
          : route.continue(),
      );
      await page.goto("./");
      await page.getByTestId("sign-in-account").fill("ada@nowhere.example");
      await page.getByTestId("sign-in-password").fill("wrong");
      await page.getByTestId("sign-in-submit").click();
      await page.getByText("do not belong together").waitFor();
      await settle(page);
      await page.screenshot({ path: `${OUT}/sign-in-ways-${size.name}-${theme}.png` });
      const key = mockKey("busy");
      const answer = await page.request.post(new URL("/invitation/new", page.url()).href, {
        headers: { authorization: `Bearer ${key}` },
        data: { user_id: "u-long" },
      });
      await page.goto(`./#/invitation/${(await answer.json()).id}`);
      await page.getByTestId("invitation-password").fill("short");
      await page.getByTestId("invitation-submit").click();
      await settle(page);
      await page.screenshot({ path: `${OUT}/invitation-${size.name}-${theme}.png` });
      await page.goto("./#/invitation/inv-unknown");
      await page.getByTestId("error-notice").waitFor();
      await settle(page);
      await page.screenshot({ path: `${OUT}/invitation-over-${size.name}-${theme}.png` });
      await context.close();
    });
  }
}
