import { expect, type Page, test } from "@playwright/test";
import { mockKey, signIn } from "../helpers";

const row = (page: Page, name: string) => page.locator(`[data-testid=customer-row][data-name="${name}"]`);

test("a customer is added with limits of their own, or with a named budget's", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/customers");
  await page.getByTestId("customers-new").click();
  await page.getByTestId("customer-create").click();
  await expect(page.getByText("by which requests name them")).toBeVisible();
  await page.getByTestId("customer-user_id").fill("cus_own");
  await page.getByTestId("customer-create").click();
  await expect(page.getByText("already exists")).toBeVisible();
  await page.getByTestId("customer-user_id").fill("cus_new");
  await page.getByTestId("customer-max_budget").fill("7");
  const sent = page.waitForRequest("**/customer/new");
  await page.getByTestId("customer-create").click();
  expect((await sent).postDataJSON()).toEqual({ user_id: "cus_new", max_budget: 7 });
  await expect(page.getByTestId("customer-drawer")).toContainText("of $7.00");
  await page.getByTestId("customer-drawer-tab-settings").click();
  await page.getByTestId("customer-budget_id").click();
  await page.getByRole("option", { name: "interns" }).click();
  await expect(page.getByTestId("customer-max_budget")).toHaveCount(0);
  await page.getByTestId("customer-save").click();
  await expect(page.getByText("cus_new is changed.")).toBeVisible();
  await page.getByTestId("customer-drawer-tab-usage").click();
  await expect(page.getByTestId("customer-drawer")).toContainText("interns");
});

test("a block is undone, and deleting says what comes back", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/customers");
  await page.getByTestId("customers-state").click();
  await page.getByRole("option", { name: "Blocked" }).click();
  await expect(page.getByTestId("customer-row")).toHaveCount(1);
  await row(page, "Somebody who asks too much").click();
  await page.getByTestId("customer-drawer-menu").click();
  await page.getByTestId("customer-block").click();
  await expect(page.getByText("pass again")).toBeVisible();
  await page.getByTestId("customer-drawer-menu").click();
  await page.getByTestId("customer-delete").click();
  await expect(page.getByTestId("delete-customer")).toContainText("makes them anew");
  await page.getByTestId("confirm").click();
  await expect(page.getByTestId("customers-none")).toBeVisible();
});

test("ten thousand are searched at once, the dearest first", async ({ page }) => {
  await signIn(page, mockKey("many"), "/customers");
  await expect(page.getByTestId("customers-count")).toHaveText("10,004 customers");
  await expect(page.getByTestId("customer-row").first()).toContainText("$44.10");
  expect(await page.getByTestId("customer-row").count()).toBeLessThan(80);
  await page.getByTestId("customers-search").fill("globex");
  await expect(page.getByTestId("customer-row")).toHaveCount(1);
});
