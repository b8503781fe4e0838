// What others than the administrator see, and the ways in.
import { expect, type Page, test } from "@playwright/test";
import { complaints, mockKey, signIn } from "../helpers";

async function pages(page: Page) {
  const links = page.getByRole("navigation", { name: "Pages" }).getByRole("link");
  await links.first().waitFor();
  return links.allTextContents();
}

/** A gateway where people have passwords, and another server that knows them. */
async function offerWays(page: Page) {
  await page.route("**/console/sign-in", (route) =>
    route.request().method() === "GET"
      ? route.fulfill({
          json: { administrator_key: true, password: true, sso: { name: "Example ID", url: "/sso/login" } },
        })
      : route.continue(),
  );
}

test("a user sees only what is theirs, and what they may do", async ({ page }) => {
  const found = complaints(page);
  await signIn(page, `${mockKey("busy")}~u-ada`);
  expect(await pages(page)).toEqual(["Overview", "Requests", "Models", "Keys", "Teams", "Organizations", "Settings"]);
  await page.getByTestId("nav-teams").click();
  await expect(page.getByTestId("teams-new")).toHaveCount(0);
  await page.locator('[data-testid=team-row][data-name="Research"]').click();
  // Of this team she is the administrator.
  await expect(page.getByTestId("team-drawer-tab-settings")).toBeVisible();
  await page.getByTestId("team-drawer-tab-members").click();
  await expect(page.getByTestId("member-add")).toBeVisible();
  await page.keyboard.press("Escape");
  expect(found).toEqual([]);
});

test("an organization's administrator makes teams and people in it, and nowhere else", async ({ page }) => {
  await signIn(page, `${mockKey("busy")}~u-long`, "/users");
  expect(await pages(page)).toEqual([
    "Overview",
    "Requests",
    "Models",
    "Keys",
    "Users",
    "Teams",
    "Organizations",
    "Settings",
  ]);
  await expect(page.getByTestId("user-row")).toHaveCount(2);
  await page.getByTestId("users-new").click();
  await expect(page.getByTestId("user-organization_id")).toContainText("North");
  await page.getByTestId("user-user_email").fill("new@example.org");
  const sent = page.waitForRequest("**/user/new");
  await page.getByTestId("user-create").click();
  expect((await sent).postDataJSON()).toMatchObject({ organization_id: "o-north" });
  await page.getByTestId("new-user-done").click();
  await expect(page.getByTestId("user-row")).toHaveCount(3);
  await page.getByTestId("nav-organizations").click();
  await page.getByTestId("organization-row").click();
  await expect(page.getByTestId("organization-drawer-tab-settings")).toBeVisible();
  await page.getByTestId("organization-drawer-menu").click();
  await expect(page.getByTestId("organization-block")).toBeVisible();
  await expect(page.getByTestId("organization-delete")).toHaveCount(0);
  await page.keyboard.press("Escape");
  await page.getByTestId("organization-drawer-tab-teams").click();
  await page.getByTestId("organization-team-new").click();
  await page.getByTestId("team-team_alias").fill("theirs");
  await page.getByTestId("team-create").click();
  await expect(page.getByTestId("team-drawer-menu")).toBeVisible();
});

test("who only looks is offered nothing to change", async ({ page }) => {
  await signIn(page, `${mockKey("busy")}~u-view`, "/teams");
  await expect(page.getByTestId("team-row")).toHaveCount(1);
  await page.getByTestId("team-row").click();
  await expect(page.getByTestId("team-drawer")).toContainText("Spend of all its keys");
  await expect(page.getByTestId("team-drawer-menu")).toHaveCount(0);
  await expect(page.getByTestId("team-drawer-tab-settings")).toHaveCount(0);
  await page.getByTestId("team-drawer-tab-members").click();
  await expect(page.getByTestId("member")).toHaveCount(2);
  await expect(page.getByTestId("member-add")).toHaveCount(0);
  await page.getByTestId("team-drawer-tab-permissions").click();
  await expect(page.getByTestId("permission-/key/info")).toBeDisabled();
});

test("an administrator who only looks sees everything but the budgets, and changes nothing", async ({ page }) => {
  await signIn(page, `${mockKey("busy")}~u-look`, "/users");
  await expect(page.getByTestId("user-row").first()).toBeVisible();
  expect(await pages(page)).not.toContain("Budgets");
  await expect(page.getByTestId("users-new")).toHaveCount(0);
  await page.getByTestId("user-row").first().click();
  await expect(page.getByTestId("user-drawer")).toContainText("Who they are");
  await expect(page.getByTestId("user-drawer-menu")).toHaveCount(0);
  await expect(page.getByTestId("user-drawer-tab-settings")).toHaveCount(0);
});

test("a page that is not theirs is told politely, and so is another's team", async ({ page }) => {
  await signIn(page, `${mockKey("busy")}~u-view`, "/users");
  await expect(page.getByTestId("page-closed")).toContainText("You are signed in as board@example.org");
  await page.getByRole("button", { name: "Go to Overview" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
  await page.evaluate(() => {
    window.location.hash = "#/teams?open=t-research";
  });
  await expect(page.getByTestId("team-drawer")).toContainText("is not yours");
  await expect(page.getByTestId("team-drawer")).toContainText("Who signed in may not do this");
});

test("the palette offers what is open, and only that", async ({ page }) => {
  await signIn(page, `${mockKey("busy")}~u-view`);
  await page.keyboard.press("Control+k");
  await expect(page.getByTestId("palette-teams")).toBeVisible();
  await expect(page.getByTestId("palette-account")).toBeVisible();
  for (const id of ["users", "budgets", "providers", "new-team", "issue-key", "add-provider"]) {
    await expect(page.getByTestId(`palette-${id}`)).toHaveCount(0);
  }
});

test("the palette makes things from anywhere", async ({ page }) => {
  await signIn(page, mockKey("busy"));
  for (const [words, dialog] of [
    ["add a user", "new-user-dialog"],
    ["make a team", "new-team-dialog"],
    ["make an organization", "new-organization-dialog"],
    ["add a customer", "new-customer-dialog"],
    ["make a budget", "new-budget-dialog"],
  ] as const) {
    await page.keyboard.press("Control+k");
    await page.getByTestId("palette-input").fill(words);
    await page.keyboard.press("Enter");
    await expect(page.getByTestId(dialog)).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(page.getByTestId(dialog)).toHaveCount(0);
  }
});

test("a password opens the console, a wrong one says so beside it", async ({ page }) => {
  const world = mockKey("busy");
  await page.goto("./");
  // The world comes into being with its first request.
  await page.request.get(new URL("/console/session", page.url()).href, {
    headers: { authorization: `Bearer ${world}` },
  });
  await offerWays(page);
  await page.reload();
  await expect(page.getByTestId("sign-in-sso")).toHaveAttribute("href", "/sso/login");
  await page.getByTestId("sign-in-submit").click();
  await expect(page.getByText("Enter your password.")).toBeVisible();
  await page.getByTestId("sign-in-account").fill(`ada@${world}`);
  await page.getByTestId("sign-in-password").fill("wrong");
  await page.keyboard.press("Enter");
  await expect(page.getByText("do not belong together")).toBeVisible();
  await page.getByTestId("sign-in-password").fill("correct horse");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("nav-account")).toContainText("ada@example.org");
  await page.reload();
  await expect(page.getByTestId("nav-account")).toContainText("ada@example.org");
  const out = page.waitForRequest("**/console/sign-out");
  await page.getByTestId("sign-out").click();
  await out;
  await expect(page.getByTestId("sign-in-account")).toBeVisible();
  expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  await page.getByTestId("sign-in-other").click();
  await expect(page.getByTestId("sign-in-key")).toBeVisible();
});

test("the way back from a sign-in elsewhere goes on to its page, once", async ({ page }) => {
  const world = mockKey("busy");
  await page.goto(`./#/signed-in?code=${encodeURIComponent(`${world}~u-ada`)}&to=%2Fteams`);
  await expect(page.getByRole("heading", { level: 1, name: "Teams" })).toBeVisible();
  expect(page.url()).not.toContain("code");
  await page.evaluate(() => sessionStorage.clear());
  await page.goto("./#/signed-in?code=made-up");
  await page.reload();
  await expect(page.getByTestId("signed-in-failed")).toContainText("not good (any more)");
  await page.getByTestId("sign-in-again").click();
  await expect(page.getByTestId("sign-in-key")).toBeVisible();
});

test("a link that was used, or never was, says what to do", async ({ page }) => {
  await page.goto("./#/invitation/inv-nobody");
  await expect(page.getByTestId("invitation")).toContainText("not good any more");
  await page.getByRole("button", { name: "To the sign-in" }).click();
  await expect(page.getByTestId("sign-in-key")).toBeVisible();
});

test("their account: what they spent, and a new password", async ({ page }) => {
  await signIn(page, `${mockKey("busy")}~u-ada`);
  await page.getByTestId("nav-account").click();
  await expect(page.getByTestId("user-usage-budget")).toContainText("of $60.00");
  await page.getByTestId("password-new").fill("short");
  await page.getByTestId("password-save").click();
  await expect(page.getByText("8 to 256 characters.")).toBeVisible();
  await page.getByTestId("password-new").fill("quite long enough");
  await page.getByTestId("password-again").fill("quite long enough");
  await page.getByTestId("password-save").click();
  await expect(page.getByText("Your password is changed.")).toBeVisible();
  await expect(page.getByTestId("password-new")).toHaveValue("");
});
