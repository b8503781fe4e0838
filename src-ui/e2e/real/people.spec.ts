// People against a real gateway: invited, in a team of an organization, within limits, and seeing only what is theirs.
// Needs POSTERN_URL and POSTERN_ADMIN_KEY.
import { type Browser, expect, type Page, test } from "@playwright/test";
import { complaints, signIn } from "../helpers";

const administrator = process.env.POSTERN_ADMIN_KEY ?? "";

test.describe.configure({ mode: "serial" });
test.skip(!process.env.POSTERN_URL || !administrator, "POSTERN_URL or POSTERN_ADMIN_KEY is not set");

// A gateway may be tested again and again.
const run = Date.now().toString(36);
const email = `kay-${run}@example.org`;
const team = `platform ${run}`;
const organization = `Acme ${run}`;
const password = "a far better password";
let link = "";

/** A browser of somebody else. */
async function another(browser: Browser, baseURL: string | undefined): Promise<Page> {
  const context = await browser.newContext({ baseURL, locale: "en-US" });
  return await context.newPage();
}

const row = (page: Page, kind: string, name: string) => page.locator(`[data-testid=${kind}-row][data-name="${name}"]`);

test("a user is added and comes with a link", async ({ page }) => {
  const found = complaints(page);
  await signIn(page, administrator, "/users?new=true");
  await page.getByTestId("user-user_email").fill(email);
  await page.getByTestId("user-create").click();
  link = (await page.getByTestId("invitation-url").textContent())!;
  await page.getByTestId("new-user-done").click();
  await page.getByTestId("users-search").fill(email);
  await expect(page.getByTestId("user-row")).toHaveCount(1);
  await expect(row(page, "user", email)).toContainText("not signed up");
  expect(found).toEqual([]);
});

test("the link sets a password, once, and signs in", async ({ browser, baseURL }) => {
  const page = await another(browser, baseURL);
  await page.goto(`./#/invitation/${link.split("/").at(-1)}`);
  await expect(page.getByText(email)).toBeVisible();
  await page.getByTestId("invitation-password").fill(password);
  await page.getByTestId("invitation-again").fill(password);
  await page.getByTestId("invitation-submit").click();
  await expect(page.getByTestId("nav-account")).toContainText(email);
  await expect(page.getByTestId("nav-users")).toHaveCount(0);
  await expect(page.getByTestId("nav-providers")).toHaveCount(0);
  await page.getByTestId("nav-account").click();
  await expect(page.getByTestId("user-usage-budget")).toContainText("no budget");
  await page.goto("about:blank");
  await page.goto(`./#/invitation/${link.split("/").at(-1)}`);
  await expect(page.getByTestId("invitation")).toContainText("not good any more");
  await page.context().close();
});

test("an organization, a team in it, and who is in that", async ({ page }) => {
  const found = complaints(page);
  await signIn(page, administrator, "/organizations?new=true");
  await page.getByTestId("organization-organization_alias").fill(organization);
  await page.getByTestId("organization-max_budget").fill("500");
  await page.getByTestId("organization-create").click();
  await expect(page.getByTestId("organization-usage-budget")).toContainText("of $500.00");
  await page.getByTestId("organization-drawer-tab-members").click();
  await page.getByTestId("member-add").click();
  await page.getByTestId("member-who").fill(email);
  await page.getByTestId("member-create").click();
  await expect(page.getByTestId("member")).toContainText(email);
  await page.getByTestId("organization-drawer-tab-teams").click();
  await page.getByTestId("organization-team-new").click();
  await page.getByTestId("team-team_alias").fill(team);
  await page.getByTestId("team-max_budget").fill("100");
  await page.getByTestId("team-soft_budget").fill("80");
  await page.getByTestId("team-create").click();
  await expect(page.getByTestId("team-usage-budget")).toContainText("of $100.00");
  await page.getByTestId("team-drawer-tab-members").click();
  await page.getByTestId("member-add").click();
  await page.getByTestId("member-who").fill(email);
  await page.getByTestId("member-role").click();
  await page.getByRole("option", { name: "Team administrator" }).click();
  await page.getByTestId("member-max_budget").fill("10");
  await page.getByTestId("member-create").click();
  await expect(page.getByTestId("member")).toContainText("of $10.00");
  await page.getByTestId("team-drawer-tab-permissions").click();
  await page.getByTestId("permission-/key/generate").check();
  await page.getByTestId("permissions-save").click();
  await expect(page.getByTestId("permissions-save")).toHaveCount(0);
  await page.getByTestId("team-drawer-tab-settings").click();
  await page.getByTestId("team-max_budget").fill("-5");
  await page.getByTestId("team-save").click();
  await expect(page.getByTestId("team-max_budget")).toHaveAttribute("aria-invalid", "true");
  await page.getByTestId("team-max_budget").fill("900");
  await page.getByTestId("team-save").click();
  await expect(page.getByText("It is more than its organization")).toBeVisible();
  await page.getByTestId("team-max_budget").fill("120");
  await page.getByTestId("team-save").click();
  await expect(page.getByText(`${team} is changed.`)).toBeVisible();
  // The browser notes the refusal, and nothing else.
  expect(found.filter((text) => !text.includes("400"))).toEqual([]);
});

test("who signs in with a password sees their team, and nothing else", async ({ browser, baseURL }) => {
  const page = await another(browser, baseURL);
  await page.goto("./");
  await page.getByTestId("sign-in-account").fill(email);
  await page.getByTestId("sign-in-password").fill("not this one");
  await page.getByTestId("sign-in-submit").click();
  await expect(page.getByTestId("sign-in-password")).toHaveAttribute("aria-invalid", "true");
  await page.getByTestId("sign-in-password").fill(password);
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("nav-account")).toBeVisible();
  // No page asks for what is not theirs.
  const refused: string[] = [];
  page.on("response", (answer) => {
    if (answer.status() >= 400) refused.push(`${answer.status()} ${new URL(answer.url()).pathname}`);
  });
  for (const name of ["overview", "requests", "models", "keys", "organizations", "settings", "account", "teams"]) {
    await page.getByTestId(`nav-${name}`).click();
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await page.waitForTimeout(300);
  }
  expect(refused).toEqual([]);
  await expect(page.getByTestId("team-row")).toHaveCount(1);
  await page.getByTestId("team-row").click();
  await expect(page.getByTestId("team-drawer-tab-settings")).toBeVisible();
  await expect(page.getByTestId("team-drawer-menu")).toHaveCount(0);
  await page.getByTestId("team-drawer-tab-settings").click();
  // Who administers a team does not raise what was given to it.
  await page.getByTestId("team-max_budget").fill("5000");
  await page.getByTestId("team-save").click();
  await expect(page.getByTestId("team-max_budget")).toHaveAttribute("aria-invalid", "true");
  await page.getByTestId("team-discard").click();
  await page.keyboard.press("Escape");
  await page.getByTestId("sign-out").click();
  await expect(page.getByTestId("sign-in-account")).toBeVisible();
  await page.context().close();
});

test("budgets with a name, and customers", async ({ page }) => {
  await signIn(page, administrator, "/budgets?new=true");
  await page.getByTestId("budget-budget_id").fill(`interns ${run}`);
  await page.getByTestId("budget-max_budget").fill("20");
  await page.getByTestId("budget-create").click();
  await expect(page.getByTestId("budget-drawer")).toContainText("$20.00");
  await page.keyboard.press("Escape");
  await page.getByTestId("nav-customers").click();
  await page.getByTestId("customers-new").click();
  await page.getByTestId("customer-user_id").fill(`cus-${run}`);
  await page.getByTestId("customer-budget_id").click();
  await page.getByRole("option", { name: `interns ${run}` }).click();
  await page.getByTestId("customer-create").click();
  await expect(page.getByTestId("customer-usage-budget")).toContainText("of $20.00");
  await expect(page.getByTestId("customer-drawer")).toContainText(`interns ${run}`);
  // Limits of their own in place of the budget's, which stay theirs.
  await page.getByTestId("customer-drawer-tab-settings").click();
  await page.getByTestId("customer-budget_id").click();
  await page.getByRole("option", { name: "None" }).click();
  await page.getByTestId("customer-max_budget").fill("3");
  await page.getByTestId("customer-save").click();
  await expect(page.getByTestId("customer-save")).toHaveCount(0);
  await expect(page.getByTestId("customer-max_budget")).toHaveValue("3");
  await page.getByTestId("customer-drawer-tab-usage").click();
  await expect(page.getByTestId("customer-usage-budget")).toContainText("of $3.00");
  await page.getByTestId("customer-drawer-menu").click();
  await page.getByTestId("customer-block").click();
  await expect(page.getByTestId("customer-drawer")).toContainText("blocked");
  await page.getByTestId("customer-drawer-menu").click();
  await page.getByTestId("customer-delete").click();
  await page.getByTestId("confirm").click();
  await expect(page.getByTestId("customer-drawer")).toHaveCount(0);
});

test("what is deleted names what is lost, and is gone", async ({ page }) => {
  await signIn(page, administrator, "/organizations");
  await page.getByTestId("organizations-search").fill(organization);
  await row(page, "organization", organization).click();
  await page.getByTestId("organization-drawer-menu").click();
  await page.getByTestId("organization-delete").click();
  await expect(page.getByTestId("delete-organization")).toContainText(team);
  await page.getByTestId("confirm").click();
  await expect(row(page, "organization", organization)).toHaveCount(0);
  await page.getByTestId("nav-users").click();
  await page.getByTestId("users-search").fill(email);
  await row(page, "user", email).click();
  await page.getByTestId("user-drawer-menu").click();
  await page.getByTestId("user-delete").click();
  await page.getByTestId("confirm").click();
  await expect(row(page, "user", email)).toHaveCount(0);
});
