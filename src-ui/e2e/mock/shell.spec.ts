import { expect, test } from "@playwright/test";
import { mockKey, signIn } from "../helpers";

test("the palette goes to pages and models by keyboard alone", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/?range=7d");
  await page.keyboard.press("Control+k");
  await page.getByTestId("palette-input").fill("prov");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "Providers" })).toBeVisible();
  await page.keyboard.press("Control+k");
  await page.getByTestId("palette-input").fill("anthropic claude-sonnet-4-5");
  await expect(page.getByRole("option").first()).toContainText("claude-sonnet-4-5");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("model-drawer")).toContainText("claude-sonnet-4-5");
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("model-drawer")).toHaveCount(0);
});

test("a chosen theme wins over the system's and stays", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await signIn(page, mockKey("quiet"));
  await page.getByTestId("theme").click();
  await page.getByTestId("theme-dark").click();
  await expect(page.locator("html")).toHaveClass(/dark/);
  await page.reload();
  await expect(page.locator("html")).toHaveClass(/dark/);
  await page.getByTestId("nav-settings").click();
  await page.getByTestId("settings-theme-system").click();
  await expect(page.locator("html")).not.toHaveClass(/dark/);
  await page.emulateMedia({ colorScheme: "dark" });
  await expect(page.locator("html")).toHaveClass(/dark/);
});

test("on a phone the pages are behind a menu button", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await signIn(page, mockKey("busy"));
  await page.getByTestId("menu").click();
  await page.getByTestId("nav-keys").click();
  await expect(page.getByRole("heading", { level: 1, name: "Keys" })).toBeVisible();
  await expect(page.getByTestId("nav-keys")).toHaveCount(0);
  const people = ["users", "teams", "organizations", "customers", "budgets"];
  for (const name of ["overview", "requests", "models", "providers", ...people, "settings"]) {
    await page.getByTestId("menu").click();
    await page.getByTestId(`nav-${name}`).click();
    await page.waitForTimeout(200);
    expect(await page.evaluate(() => document.documentElement.scrollWidth), name).toBeLessThanOrEqual(390);
  }
});

test("an address that leads nowhere leads to the overview", async ({ page }) => {
  await signIn(page, mockKey("quiet"), "/no/such/page");
  await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
});
