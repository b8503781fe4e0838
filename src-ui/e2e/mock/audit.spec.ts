import { expect, test } from "@playwright/test";
import { mockKey, signIn } from "../helpers";

test("a change says who, when, what was before and what is after", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/audit");
  await expect(page.getByTestId("changes-count")).toHaveText("9 changes");
  const first = page.getByTestId("change-row").first();
  await expect(first).toContainText("claude-code on the laptop");
  await expect(first).toContainText("Grace Hopper");
  await first.click();
  const line = (name: string) => page.getByTestId("audit-differences").locator("dt", { hasText: name }).locator("+ dd");
  await expect(line("Budget")).toContainText("$40.00");
  await expect(line("Budget")).toContainText("$60.00");
  await expect(line("Metadata · cost_center")).toContainText("4,711");
  await page.getByTestId("audit-drawer-tab-whole").click();
  await expect(page.getByTestId("audit-drawer")).toContainText('"max_budget_nanos": 60000000000');
});

test("it is narrowed by kind, action, who and when, and by one thing", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/audit");
  const choose = async (filter: string, option: string) => {
    await page.getByTestId(`audit-${filter}`).click();
    await page.getByRole("option", { name: option, exact: true }).click();
  };
  await choose("type", "Key");
  await expect(page.getByTestId("changes-count")).toHaveText("3 changes");
  await choose("action", "Blocked");
  await expect(page.getByTestId("change-row")).toHaveCount(1);
  await expect(page).toHaveURL(/type=key/);
  await choose("since", "The last day");
  await expect(page.getByTestId("changes-none")).toBeVisible();
  await page.getByRole("button", { name: "Show all changes" }).click();
  await expect(page.getByTestId("changes-count")).toHaveText("9 changes");

  await page.getByTestId("audit-who").click();
  await page.getByPlaceholder("Type to narrow").fill("ada");
  await page.getByRole("option", { name: "Ada Lovelace" }).click();
  await expect(page.getByTestId("change-row")).toHaveCount(1);
  await page.getByTestId("change-row").click();
  await expect(page.getByTestId("audit-drawer")).toContainText("u-alan in t-research");
  await page.getByTestId("audit-of-thing").click();
  await expect(page.getByTestId("audit-drawer")).toHaveCount(0);
  await expect(page.getByTestId("changes-search")).toHaveValue("t-research/u-alan");
  await expect(page.getByTestId("change-row")).toHaveCount(1);
});

test("what is done shows at once, and leads to the thing", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/tags?open=marketing");
  await page.getByTestId("tag-drawer-tab-settings").click();
  await page.getByTestId("tag-max_budget").fill("25");
  await page.getByTestId("tag-save").click();
  await expect(page.getByText("marketing is changed.")).toBeVisible();
  await page.keyboard.press("Escape");
  await page.getByTestId("nav-audit").click();
  const first = page.getByTestId("change-row").first();
  await expect(first).toContainText("Budget: $10.00 → $25.00");
  await expect(first).toContainText("Administrator");
  await first.click();
  await page.getByTestId("audit-drawer").getByRole("link", { name: "marketing" }).click();
  await expect(page.getByTestId("tag-drawer")).toBeVisible();
});

test("ten thousand changes are scrolled by pages", async ({ page }) => {
  await signIn(page, mockKey("many"), "/audit");
  await expect(page.getByTestId("changes-count")).toHaveText("10,009 changes");
  expect(await page.getByTestId("change-row").count()).toBeLessThan(80);
  await page.getByRole("grid", { name: "Audit log" }).focus();
  await page.keyboard.press("End");
  await expect(page.locator('[data-testid=change-row][data-name$="agent 9999"]')).toBeVisible();
});

test("by keyboard alone: down, open, its other part, close", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/audit");
  await expect(page.getByTestId("change-row").first()).toBeVisible();
  await page.getByRole("grid", { name: "Audit log" }).focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("audit-drawer")).toContainText("Research");
  await page.getByTestId("audit-drawer-tab-change").focus();
  await page.keyboard.press("ArrowRight");
  await expect(page.getByTestId("audit-drawer-tab-whole")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("audit-drawer")).toHaveCount(0);
  await expect(page.getByRole("grid", { name: "Audit log" })).toBeFocused();
});

test("an empty log says what will appear, one that fails says so", async ({ page }) => {
  await signIn(page, mockKey("quiet"), "/audit");
  await expect(page.getByTestId("changes-empty")).toContainText("Every change of keys");
  await page.route("**/audit?*", (route) =>
    route.fulfill({ status: 500, json: { error: { message: "The disk is full.", type: "internal", code: "500" } } }),
  );
  await page.reload();
  await expect(page.getByTestId("error-notice")).toContainText("The disk is full.");
});
