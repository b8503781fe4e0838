import { expect, type Page, test } from "@playwright/test";
import { mockKey, signIn } from "../helpers";

const row = (page: Page, name: string) => page.locator(`[data-testid=user-row][data-name="${name}"]`);

test("a user is added with a link that sets their password, and signs in with it", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await signIn(page, mockKey("busy"), "/users");
  await page.getByTestId("users-new").click();
  await page.getByTestId("user-create").click();
  await expect(page.getByText("something to know them by")).toBeVisible();
  await expect(page.getByTestId("user-user_email")).toBeFocused();
  await page.getByTestId("user-user_email").fill("ada@example.org");
  await page.keyboard.press("Enter");
  await expect(page.getByText("belongs to another user")).toBeVisible();
  await page.getByTestId("user-user_email").fill("kay@example.org");
  await page.getByTestId("user-teams").click();
  await page.getByPlaceholder("Type to narrow").fill("resea");
  await page.getByRole("option", { name: "Research" }).click();
  await page.keyboard.press("Escape");
  await page.getByTestId("user-create").click();
  const url = (await page.getByTestId("invitation-url").textContent())!;
  await page.getByTestId("invitation-copy").click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(url);
  await page.getByTestId("new-user-done").click();
  await expect(row(page, "kay@example.org")).toContainText("not signed up");
  expect(await page.content()).not.toContain(url);

  // A browser of their own.
  const theirs = await (await page.context().browser()!.newContext()).newPage();
  await theirs.goto(new URL(`./#/invitation/${url.split("/").at(-1)}`, page.url()).href);
  await expect(theirs.getByText("kay@example.org")).toBeVisible();
  await theirs.getByTestId("invitation-password").fill("password1");
  await theirs.getByTestId("invitation-again").fill("password1");
  await theirs.keyboard.press("Enter");
  await expect(theirs.getByText("among the most common")).toBeVisible();
  await theirs.getByTestId("invitation-password").fill("a far better one");
  await theirs.getByTestId("invitation-submit").click();
  await expect(theirs.getByText("not the same as above")).toBeVisible();
  await theirs.getByTestId("invitation-again").fill("a far better one");
  await theirs.getByTestId("invitation-submit").click();
  await expect(theirs.getByTestId("nav-account")).toContainText("kay@example.org");
  expect(theirs.url()).not.toContain("invitation");
  await theirs.getByTestId("nav-teams").click();
  await expect(theirs.getByTestId("team-row")).toHaveCount(1);
  await theirs.context().close();
  await expect(row(page, "kay@example.org")).not.toContainText("not signed up");
});

test("what changes elsewhere shows at once, what is typed stays, and only the change is sent", async ({ page }) => {
  const key = mockKey("busy");
  await signIn(page, key, "/users");
  await row(page, "Alan").click();
  await expect(page.getByTestId("user-usage-budget")).toHaveAttribute("data-tone", "spent");
  await page.getByTestId("user-drawer-tab-settings").click();
  await expect(page.getByTestId("user-save")).toHaveCount(0);
  await page.getByTestId("user-max_budget").fill("2");
  await page.getByTestId("user-save").click();
  await expect(page.getByText("is below what is spent")).toBeVisible();
  await expect(page.getByTestId("user-max_budget")).toHaveAttribute("aria-invalid", "true");
  await page.getByTestId("user-max_budget").fill("50");
  const api = (path: string) => new URL(path, page.url()).href;
  await page.request.post(api("/user/update"), {
    headers: { authorization: `Bearer ${key}` },
    data: { user_id: "u-alan", user_alias: "Alan Turing" },
  });
  await expect(page.getByRole("heading", { name: "Alan Turing" })).toBeVisible();
  await expect(page.getByTestId("user-max_budget")).toHaveValue("50");
  const sent = page.waitForRequest("**/user/update");
  await page.getByTestId("user-save").click();
  expect((await sent).postDataJSON()).toEqual({ user_id: "u-alan", max_budget: 50 });
  await expect(page.getByText("Alan Turing is changed.")).toBeVisible();
  await expect(page.getByTestId("user-save")).toHaveCount(0);
  await page.getByTestId("user-drawer-tab-usage").click();
  await expect(page.getByTestId("user-usage-budget")).toContainText("of $50.00");
});

test("closing with something typed asks first", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/users?open=u-alan");
  await page.getByTestId("user-drawer-tab-settings").click();
  await page.getByTestId("user-user_alias").fill("Alan M.");
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("unsaved")).toContainText("will be lost");
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("user-user_alias")).toHaveValue("Alan M.");
  await page.getByTestId("user-discard").click();
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("user-drawer")).toHaveCount(0);
});

test("a block is undone, deleting names what is lost", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/users");
  await row(page, "former-contractor@example.org").click();
  await page.getByTestId("user-drawer-menu").click();
  await page.getByTestId("user-block").click();
  await expect(page.getByText("may use the gateway again")).toBeVisible();
  await page.getByTestId("user-drawer-menu").click();
  await page.getByTestId("user-delete").click();
  await expect(page.getByTestId("delete-user")).toContainText("3 keys of theirs are deleted");
  await page.getByTestId("confirm").click();
  await expect(page.getByTestId("user-drawer")).toHaveCount(0);
  await expect(row(page, "former-contractor@example.org")).toHaveCount(0);
});

test("ten thousand are searched, sorted and scrolled by pages", async ({ page }) => {
  await signIn(page, mockKey("many"), "/users");
  await expect(page.getByTestId("users-count")).toHaveText("10,007 users");
  expect(await page.getByTestId("user-row").count()).toBeLessThan(80);
  const grid = page.getByRole("grid", { name: "Users" });
  await grid.focus();
  await page.keyboard.press("End");
  await expect(page.getByTestId("user-row").last()).toContainText(/@/);
  await page.getByTestId("users-search").fill("person-04711");
  await expect(page.getByTestId("users-count")).toHaveText("1 user");
  await expect(page.getByTestId("user-row")).toContainText("person-04711@example.org");
  await page.getByTestId("users-search").fill("lovelace");
  await expect(page.getByTestId("user-row")).toContainText("Ada Lovelace");
  await page.getByTestId("users-search").fill("u-04712");
  await expect(page.getByTestId("user-row")).toContainText("person-04712@example.org");
  await page.getByTestId("users-search").fill("");
  await page.getByTestId("users-role").click();
  await page.getByRole("option", { name: "Administrator", exact: true }).click();
  await expect(page.getByTestId("user-row")).toHaveCount(1);
  await page.getByTestId("users-search").fill("nobody");
  await expect(page.getByTestId("users-none")).toBeVisible();
  await page.getByRole("button", { name: "Show all users" }).click();
  await page.getByRole("columnheader", { name: "Spend" }).getByRole("button").click();
  await expect(page.getByRole("columnheader", { name: "Spend" })).toHaveAttribute("aria-sort", "ascending");
  await expect(page.getByTestId("user-row").first()).toContainText("$0.00");
});

test("by keyboard alone: open, change, save, close", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/users");
  await expect(page.getByTestId("user-row").first()).toBeVisible();
  const grid = page.getByRole("grid", { name: "Users" });
  await grid.focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("user-drawer")).toBeVisible();
  await page.getByTestId("user-drawer-tab-usage").focus();
  await page.keyboard.press("ArrowRight");
  await expect(page.getByTestId("user-drawer-tab-settings")).toBeFocused();
  for (let i = 0; i < 3; i++) await page.keyboard.press("Tab");
  await expect(page.getByTestId("user-user_alias")).toBeFocused();
  await page.keyboard.type(" the Second");
  await page.keyboard.press("Enter");
  await expect(page.getByText("is changed.")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("user-drawer")).toHaveCount(0);
  await expect(grid).toBeFocused();
});
