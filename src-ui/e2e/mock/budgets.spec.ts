import { expect, type Page, test } from "@playwright/test";
import { mockKey, signIn } from "../helpers";

const row = (page: Page, name: string) => page.locator(`[data-testid=budget-row][data-name="${name}"]`);

test("a budget is made, chosen for a team, changed, and stays while it is in use", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/budgets");
  await page.getByTestId("budgets-new").click();
  await page.getByTestId("budget-budget_id").fill("trial");
  await page.getByTestId("budget-create").click();
  await expect(page.getByText("At least one limit.")).toBeVisible();
  await page.getByTestId("budget-max_budget").fill("30");
  await page.getByTestId("budget-create").click();
  await expect(page.getByText("Budget already exists")).toBeVisible();
  await page.getByTestId("budget-budget_id").fill("contractors");
  await page.getByTestId("budget-create").click();
  await expect(page.getByText("contractors is made.")).toBeVisible();
  await expect(page.getByTestId("budget-drawer")).toContainText("every month");
  await expect(page.getByTestId("budget-unused")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(row(page, "contractors")).toContainText("$30.00");

  await page.getByTestId("nav-teams").click();
  await page.locator('[data-testid=team-row][data-name="support bot"]').click();
  await page.getByTestId("team-drawer-tab-settings").click();
  await page.getByTestId("team-budget_id").click();
  await page.getByRole("option", { name: "contractors" }).click();
  await page.getByTestId("team-save").click();
  await expect(page.getByText("support bot is changed.")).toBeVisible();
  await page.keyboard.press("Escape");

  await page.getByTestId("nav-budgets").click();
  await row(page, "contractors").click();
  await expect(page.getByTestId("budget-used-by")).toContainText("support bot");
  await page.getByTestId("budget-drawer-tab-settings").click();
  await expect(page.getByText("changes for whoever refers to it")).toBeVisible();
  await page.getByTestId("budget-max_budget").fill("45");
  await page.getByTestId("budget-save").click();
  await expect(page.getByText("contractors is changed.")).toBeVisible();
  await page.getByTestId("budget-drawer-menu").click();
  await page.getByTestId("budget-delete").click();
  await page.getByTestId("confirm").click();
  await expect(page.getByTestId("delete-budget")).toContainText("in use by 1 teams");
});

test("one that nothing refers to goes; what refers to another is named", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/budgets");
  await row(page, "interns").click();
  await expect(page.getByTestId("budget-drawer")).toContainText("Acme");
  await page.keyboard.press("Escape");
  await page.getByTestId("budgets-search").fill("trial");
  await expect(page.getByTestId("budget-row")).toHaveCount(1);
  await row(page, "trial").click();
  await page.getByTestId("budget-drawer-menu").click();
  await page.getByTestId("budget-delete").click();
  await page.getByTestId("confirm").click();
  await expect(page.getByTestId("budgets-none")).toBeVisible();
});

test("limits by model are changed and stay when another limit is changed", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/budgets");
  await row(page, "interns").click();
  await page.getByTestId("budget-drawer-tab-settings").click();
  await page.getByText("Limits by model").last().click();
  await page.getByTestId("budget-model-add").click();
  await page.getByTestId("budget-model").click();
  await page.getByRole("option", { name: "demo" }).click();
  await page.getByTestId("budget-model-rpm").fill("5");
  await page.getByTestId("budget-save").click();
  await expect(page.getByText("interns is changed.")).toBeVisible();
  await expect(page.getByTestId("budget-save")).toHaveCount(0);
  await page.getByTestId("budget-max_budget").fill("22");
  const sent = page.waitForRequest("**/budget/update");
  await page.getByTestId("budget-save").click();
  expect((await sent).postDataJSON()).toEqual({ budget_id: "interns", max_budget: 22 });
  await expect(page.getByTestId("budget-save")).toHaveCount(0);
  await page.getByTestId("budget-drawer-tab-about").click();
  await expect(page.getByTestId("budget-drawer")).toContainText("5 requests/min");
});
