import { expect, type Page, test } from "@playwright/test";
import { mockKey, signIn } from "../helpers";

const row = (page: Page, name: string) => page.locator(`[data-testid=tag-row][data-name="${name}"]`);

test("a tag is made with limits, changed, and deleted with what is lost", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/tags");
  await page.getByTestId("tags-new").click();
  await page.getByTestId("tag-create").click();
  await expect(page.getByText("The word by which requests carry it.")).toBeVisible();
  await page.getByTestId("tag-name").fill("coding");
  await page.getByTestId("tag-create").click();
  await expect(page.getByText("Tag coding already exists")).toBeVisible();
  await page.getByTestId("tag-name").fill("nightly");
  await page.getByTestId("tag-max_budget").fill("5");
  const sent = page.waitForRequest("**/tag/new");
  await page.keyboard.press("Enter");
  expect((await sent).postDataJSON()).toEqual({ name: "nightly", max_budget: 5 });
  await expect(page.getByText("nightly is made.")).toBeVisible();
  await expect(page.getByTestId("tag-usage-budget")).toContainText("of $5.00");

  await page.getByTestId("tag-drawer-tab-settings").click();
  await page.getByTestId("tag-description").fill("Every night");
  await page.getByTestId("tag-max_budget").fill("");
  const changed = page.waitForRequest("**/tag/update");
  await page.getByTestId("tag-save").click();
  expect((await changed).postDataJSON()).toEqual({ name: "nightly", description: "Every night", max_budget: null });
  await expect(page.getByText("nightly is changed.")).toBeVisible();

  await page.getByTestId("tag-drawer-menu").click();
  await page.getByTestId("tag-delete").click();
  await expect(page.getByTestId("delete-tag")).toContainText("It has no limits");
  await page.getByTestId("confirm").click();
  await expect(row(page, "nightly")).toHaveCount(0);
});

test("a word that only requests carry becomes a tag", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/tags");
  await page.getByTestId("tags-state").click();
  await page.getByRole("option", { name: "Only seen in requests" }).click();
  await expect(page.getByTestId("tag-row")).toHaveCount(1);
  await page.getByTestId("tag-row").click();
  await expect(page.getByTestId("tag-drawer")).toContainText("nobody made a tag of it");
  await expect(page.getByTestId("tag-drawer-tab-settings")).toHaveCount(0);
  await page.getByTestId("tag-adopt").click();
  await expect(page.getByText("is a tag now; set its limits.")).toBeVisible();
  await page.getByTestId("tag-drawer-tab-settings").click();
  await expect(page.getByTestId("tag-max_budget")).toBeVisible();
});

test("a named budget's limits are a tag's, and the budget says so", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/tags");
  await row(page, "batch-7").click();
  await page.getByRole("link", { name: "nightly jobs" }).click();
  await expect(page.getByTestId("budget-used-by")).toContainText("batch-7");
  await page.getByTestId("budget-used-by").getByRole("link", { name: "batch-7" }).click();
  await expect(page.getByTestId("tag-drawer")).toBeVisible();
});

test("empty, it says what will appear", async ({ page }) => {
  await signIn(page, mockKey("quiet"), "/tags");
  await expect(page.getByTestId("tags-empty")).toContainText("once a request, a key or a team carries one");
});

test("who is no administrator does not find it", async ({ page }) => {
  await signIn(page, `${mockKey("busy")}~u-ada`, "/tags");
  await expect(page.getByTestId("page-closed")).toBeVisible();
  await expect(page.getByTestId("nav-tags")).toHaveCount(0);
  await expect(page.getByTestId("nav-audit")).toHaveCount(0);
});
