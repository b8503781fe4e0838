// Tags with limits, and the log of what was changed, against a real gateway. Needs POSTERN_URL and POSTERN_ADMIN_KEY.
import { expect, type Page, test } from "@playwright/test";
import { complaints, signIn } from "../helpers";

const administrator = process.env.POSTERN_ADMIN_KEY ?? "";

test.describe.configure({ mode: "serial" });
test.skip(!process.env.POSTERN_URL || !administrator, "POSTERN_URL or POSTERN_ADMIN_KEY is not set");

// A gateway may be tested again and again.
const run = Date.now().toString(36);
const tag = `nightly-${run}`;
const budget = `jobs ${run}`;
const alias = `tagged ${run}`;
let key = "";

const row = (page: Page, kind: string, name: string) => page.locator(`[data-testid=${kind}-row][data-name="${name}"]`);

test("a tag is made with limits by model, and changed", async ({ page }) => {
  const found = complaints(page);
  await signIn(page, administrator, "/tags?new=true");
  await page.getByTestId("tag-name").fill(tag);
  await page.getByTestId("tag-max_budget").fill("5");
  await page.getByText("Limits by model").click();
  await page.getByTestId("tag-model-add").click();
  await page.getByTestId("tag-model").click();
  await page.getByRole("option", { name: "demo" }).click();
  await page.getByTestId("tag-model-rpm").fill("30");
  await page.getByTestId("tag-create").click();
  await expect(page.getByTestId("tag-usage-budget")).toContainText("of $5.00");
  await page.getByTestId("tag-drawer-tab-settings").click();
  await page.getByTestId("tag-description").fill("Every night");
  await page.getByTestId("tag-max_budget").fill("7");
  await page.getByTestId("tag-save").click();
  await expect(page.getByText(`${tag} is changed.`)).toBeVisible();
  await expect(page.getByTestId("tag-model-rpm")).toHaveValue("30");
  await page.getByTestId("tag-drawer-tab-usage").click();
  await expect(page.getByTestId("tag-usage-budget")).toContainText("of $7.00");
  expect(found).toEqual([]);
});

test("a key carries it, has another name for a model, and what it asks counts", async ({ page }) => {
  await signIn(page, administrator, "/keys?issue=true");
  await page.getByTestId("key-name").fill(alias);
  await page.getByText("More: owner").click();
  await page.getByTestId("key-alias-add").click();
  await page.getByTestId("key-alias-name").fill("gpt-4o");
  await page.getByTestId("key-alias-model").click();
  await page.getByRole("option", { name: "demo" }).click();
  await page.getByTestId("key-tags").fill(`${tag}, seen-${run}`);
  await page.getByTestId("key-metadata").fill('{"project": "atlas"}');
  await page.getByTestId("key-issue-submit").click();
  key = (await page.getByTestId("issued-key-value").textContent())!;
  await page.getByTestId("issued-done").click();
  await row(page, "key", alias).click();
  for (const text of ["gpt-4o for demo", tag, '"project"'])
    await expect(page.getByTestId("key-drawer")).toContainText(text);
  const answer = await page.request.post(`${process.env.POSTERN_URL}/v1/chat/completions`, {
    headers: { authorization: `Bearer ${key}` },
    data: { model: "gpt-4o", messages: [{ role: "user", content: "hello" }] },
  });
  expect(answer.status()).toBe(200);
  await page.keyboard.press("Escape");
  await page.getByTestId("nav-tags").click();
  // It has limits of its own or is only seen, but it is there.
  await page.getByTestId("tags-search").fill(`seen-${run}`);
  await expect(row(page, "tag", `seen-${run}`)).toContainText("only seen");
});

test("a named budget tells what refers to it, and keeps its rates by model", async ({ page }) => {
  await signIn(page, administrator, "/budgets?new=true");
  await page.getByTestId("budget-budget_id").fill(budget);
  await page.getByTestId("budget-max_budget").fill("9");
  await page.getByTestId("budget-create").click();
  await expect(page.getByTestId("budget-unused")).toBeVisible();
  await page.getByTestId("budget-drawer-tab-settings").click();
  await page.getByText("Limits by model").last().click();
  await page.getByTestId("budget-model-add").click();
  await page.getByTestId("budget-model").click();
  await page.getByRole("option", { name: "demo" }).click();
  await page.getByTestId("budget-model-rpm").fill("12");
  await page.getByTestId("budget-save").click();
  await expect(page.getByTestId("budget-save")).toHaveCount(0);
  await page.getByTestId("budget-max_budget").fill("10");
  await page.getByTestId("budget-save").click();
  await expect(page.getByTestId("budget-save")).toHaveCount(0);
  await page.keyboard.press("Escape");

  await page.getByTestId("nav-keys").click();
  await row(page, "key", alias).click();
  await page.getByTestId("key-edit").click();
  await page.getByTestId("edit-budget_id").click();
  await page.getByRole("option", { name: budget }).click();
  await page.getByTestId("key-save").click();
  await expect(page.getByText("is changed, from its next request on.")).toBeVisible();
  await page.keyboard.press("Escape");

  await page.getByTestId("nav-budgets").click();
  await row(page, "budget", budget).click();
  await expect(page.getByTestId("budget-drawer")).toContainText("12 requests/min");
  await expect(page.getByTestId("budget-used-by")).toContainText("1 key");
  await page.getByTestId("budget-used-by").getByRole("link", { name: alias }).click();
  await expect(page.getByTestId("key-drawer")).toContainText(budget);
});

test("the log says what was before and after, and leads to the thing", async ({ page }) => {
  await signIn(page, administrator, "/audit?type=tag&action=updated");
  const entry = page.locator(`[data-testid=change-row][data-name="updated tag ${tag}"]`);
  await expect(entry).toContainText("Administrator");
  await entry.click();
  const after = (name: string) =>
    page.getByTestId("audit-differences").locator("dt", { hasText: name }).locator("+ dd");
  await expect(after("Description")).toContainText("Every night");
  expect(await page.content()).not.toContain(key);
  await page.getByTestId("audit-of-thing").click();
  await expect(page.getByTestId("change-row")).toHaveCount(2);
  await page.getByTestId("change-row").last().click();
  await page.getByTestId("audit-drawer").getByRole("link", { name: tag }).click();
  await expect(page.getByTestId("tag-drawer")).toBeVisible();

  await page.goto("./#/audit?type=budget&action=updated");
  await page.getByTestId("change-row").filter({ hasText: "Budget: $9.00 → $10.00" }).click();
  await expect(page.getByTestId("audit-drawer")).toContainText(budget);
});

test("deleting says what is lost, and the log keeps it", async ({ page }) => {
  await signIn(page, administrator, `/tags?open=${tag}`);
  await page.getByTestId("tag-drawer-menu").click();
  await page.getByTestId("tag-delete").click();
  await expect(page.getByTestId("delete-tag")).toContainText("not held back any more");
  await page.getByTestId("confirm").click();
  await expect(page.getByTestId("tag-drawer")).toHaveCount(0);
  await page.getByTestId("nav-audit").click();
  // Others change things meanwhile.
  const deleted = page.getByTestId("change-row").filter({ hasText: tag }).first();
  await expect(deleted).toContainText("Deleted");
});

test("who is no administrator finds neither", async ({ page }) => {
  const made = await page.request.post(`${process.env.POSTERN_URL}/user/new`, {
    headers: { authorization: `Bearer ${administrator}` },
    data: { user_id: `ann-${run}`, user_role: "internal_user" },
  });
  await signIn(page, (await made.json()).key, "/audit");
  await expect(page.getByTestId("page-closed")).toBeVisible();
  await expect(page.getByTestId("nav-keys")).toBeVisible();
  for (const name of ["audit", "tags"]) await expect(page.getByTestId(`nav-${name}`)).toHaveCount(0);
});
