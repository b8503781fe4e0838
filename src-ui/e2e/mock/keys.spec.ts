import { expect, test } from "@playwright/test";
import { mockKey, signIn } from "../helpers";

test("a key is issued with its limits, shown once, with lines to paste", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await signIn(page, mockKey("busy"), "/keys");
  await page.getByTestId("issue-key").click();
  await page.getByTestId("key-issue-submit").click();
  await expect(page.getByText("A name tells keys apart")).toBeVisible();
  await page.getByTestId("key-name").fill("new laptop");
  await page.getByTestId("key-expiry").click();
  await page.getByRole("option", { name: "In 30 days" }).click();
  await page.getByTestId("key-models").click();
  await page.getByPlaceholder("Type to narrow").fill("openai/gpt-5-mini");
  await page.getByRole("option").first().click();
  await page.keyboard.press("Escape");
  await page.getByTestId("key-budget").fill("25");
  await page.getByText("Rate limits").click();
  await page.getByTestId("key-rpm").fill("60");
  await page.getByTestId("key-issue-submit").click();
  const value = (await page.getByTestId("issued-key-value").textContent())!;
  expect(value).toMatch(/^sk-/);
  await page.getByTestId("issued-key-copy").click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(value);
  for (const id of ["curl", "openai", "anthropic", "claude-code", "codex", "cursor"]) {
    await page.getByTestId(`snippet-${id}`).click();
    await expect(page.getByTestId("snippet-code")).toContainText(value);
  }
  await page.getByTestId("issued-done").click();
  const row = page.locator('[data-testid=key-row][data-name="new laptop"]');
  await expect(row).toContainText("of $25.00");
  await expect(row).toContainText("60 requests/min");
  expect(await page.content()).not.toContain(value);
});

test("a click beside the issued key does not lose it", async ({ page }) => {
  await signIn(page, mockKey("quiet"), "/keys?issue=true");
  await page.getByTestId("key-name").fill("once");
  await page.getByTestId("key-issue-submit").click();
  await expect(page.getByTestId("issued-key-value")).toBeVisible();
  await page.mouse.click(5, 5);
  await expect(page.getByTestId("issued-key-value")).toBeVisible();
});

test("states are words, blocking is undone, revoking names what is lost", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/keys");
  const row = (name: string) => page.locator(`[data-testid=key-row][data-name="${name}"]`);
  await expect(row("a colleague's trial")).toContainText("expired");
  await expect(row("nightly evaluation")).toContainText("budget spent");
  await expect(row("notebook")).toContainText("$0.000042");
  await row("old laptop").getByTestId("key-menu").click();
  await page.getByTestId("key-block").click();
  await expect(row("old laptop")).not.toContainText("blocked");
  await row("aider").getByTestId("key-menu").click();
  await page.getByTestId("key-revoke").click();
  await expect(page.getByTestId("revoke-key")).toContainText("cannot be brought back");
  await page.getByTestId("confirm").click();
  await expect(row("aider")).toHaveCount(0);
});
