import { expect, test } from "@playwright/test";
import { mockKey, signIn } from "../helpers";

test("a provider is tested before it is added, and its key is never shown again", async ({ page }) => {
  await signIn(page, mockKey("quiet"), "/providers");
  await page.getByTestId("add-provider").click();
  await page.getByTestId("preset-search").fill("openai");
  await page.getByTestId("preset-openai").click();
  await page.getByTestId("provider-save").click();
  await expect(page.getByText("Paste the key to go on.")).toBeVisible();
  await expect(page.getByTestId("provider-key")).toHaveAttribute("type", "password");
  await page.getByTestId("provider-key").fill("sk-wrong");
  await page.getByTestId("provider-test-draft").click();
  await expect(page.getByTestId("test-result")).toContainText("401: Incorrect API key");
  await page.getByTestId("provider-key").fill("sk-right-canary-abcd");
  await expect(page.getByTestId("test-result")).toHaveCount(0);
  await page.getByTestId("provider-test-draft").click();
  await expect(page.getByTestId("test-result")).toContainText("Works");
  await page.getByTestId("provider-save").click();
  const row = page.locator('[data-testid=provider-row][data-name="openai"]');
  await expect(row).toContainText("…abcd");
  expect(await page.content()).not.toContain("canary");
});

test("a second one of the same kind gets a name of its own; a base URL that is none is refused", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/providers?add=true");
  await page.getByTestId("preset-openai").click();
  await expect(page.getByTestId("provider-name")).toHaveValue("openai-2");
  await page.getByTestId("provider-key").fill("sk-x");
  await page.getByTestId("provider-base-url").fill("api.openai.com");
  await page.getByTestId("provider-save").click();
  await expect(page.getByText("This is no URL")).toBeVisible();
});

test("a refused credential is named, and a new key mends it", async ({ page }) => {
  await signIn(page, mockKey("trouble"), "/providers");
  const row = page.locator('[data-testid=provider-row][data-name="openrouter"]');
  await expect(row).toContainText("Key refused");
  await row.getByRole("button", { name: "Replace the key" }).click();
  await page.getByTestId("edit-key").fill("sk-or-new1");
  await page.getByTestId("edit-save").click();
  await expect(row).toContainText("Key …new1");
});

test("removing names what is lost; the built-in demo cannot be removed", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/providers");
  const demo = page.locator('[data-testid=provider-row][data-name="demo"]');
  await expect(demo).toContainText("built in");
  await expect(demo.getByTestId("provider-menu")).toHaveCount(0);
  const row = page.locator('[data-testid=provider-row][data-name="openai"]');
  await row.getByTestId("provider-menu").click();
  await page.getByTestId("provider-remove").click();
  await expect(page.getByTestId("remove-provider")).toContainText("openai/…");
  await expect(page.getByTestId("remove-provider")).toContainText("erased from the vault");
  await page.getByTestId("confirm").click();
  await expect(row).toHaveCount(0);
});

test("switching one off and testing another answer in place", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/providers");
  const row = page.locator('[data-testid=provider-row][data-name="anthropic"]');
  await row.getByTestId("provider-enabled").click();
  await expect(row).toContainText("off");
  await row.getByTestId("provider-test").click();
  await expect(row.getByTestId("test-result")).toHaveAttribute("data-ok", "true");
});
