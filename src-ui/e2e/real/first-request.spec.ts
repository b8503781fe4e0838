// The whole way against a real gateway: add a provider, issue a key, call it, see the request and the spend.
// Needs POSTERN_URL and POSTERN_ADMIN_KEY of a gateway with an empty data directory, and FAKE_OPENAI_URL.
import { expect, type Page, test } from "@playwright/test";
import { complaints, signIn } from "../helpers";

const gateway = process.env.POSTERN_URL ?? "";
const administrator = process.env.POSTERN_ADMIN_KEY ?? "";
const upstream = process.env.FAKE_OPENAI_URL ?? "";
const baseUrl = upstream.replace(/\/+$/, "").endsWith("/v1") ? upstream : `${upstream.replace(/\/+$/, "")}/v1`;

test.describe.configure({ mode: "serial" });
test.skip(!gateway || !administrator || !upstream, "POSTERN_URL, POSTERN_ADMIN_KEY or FAKE_OPENAI_URL is not set");

let key = "";

async function chat(page: Page, model: string, stream = false) {
  const answer = await page.request.post(`${gateway}/v1/chat/completions`, {
    headers: { authorization: `Bearer ${key}` },
    data: { model, stream, messages: [{ role: "user", content: "Hello" }] },
  });
  return { status: answer.status(), text: await answer.text() };
}

test("a wrong key stays outside", async ({ page }) => {
  await page.goto("./");
  await page.getByTestId("sign-in-key").fill("sk-nobody-0123456789abcdef");
  await page.getByTestId("sign-in-submit").click();
  await expect(page.getByText("does not accept this key")).toBeVisible();
});

test("the guide leads to a request of the demo model", async ({ page }) => {
  const found = complaints(page);
  await signIn(page, administrator);
  await expect(page.getByTestId("guide-step-1")).toHaveAttribute("data-done", "true");
  await page.getByTestId("guide-use-demo").click();
  await page.getByTestId("guide-key-name").fill("guide");
  await page.getByTestId("guide-issue-key").click();
  key = (await page.getByTestId("issued-key-value").textContent())!;
  expect(key).toMatch(/^sk-/);
  await expect(page.getByTestId("guide-waiting")).toBeVisible();
  expect((await chat(page, "demo", true)).status).toBe(200);
  await expect(page.getByTestId("guide-arrived")).toContainText("demo");
  await expect(page.getByTestId("guide-arrived")).toContainText("local");
  await page.getByTestId("guide-done").click();
  await expect(page.getByTestId("overview-requests")).toHaveText("1");
  expect(found).toEqual([]);
});

test("a virtual key does not open the console", async ({ page }) => {
  await page.goto("./");
  await page.getByTestId("sign-in-key").fill(key);
  await page.getByTestId("sign-in-submit").click();
  await expect(page.getByText("the virtual key “guide”")).toBeVisible();
});

test("a provider is tested, added and listed, and its key is not shown again", async ({ page }) => {
  await signIn(page, administrator, "/providers");
  await page.getByTestId("add-provider").click();
  await page.getByTestId("preset-search").fill("openai");
  await page.getByTestId("preset-openai").click();
  await page.getByTestId("provider-key").fill("sk-fake-canary-c4f3");
  await page.getByTestId("provider-base-url").fill(baseUrl);
  await page.getByTestId("provider-test-draft").click();
  await expect(page.getByTestId("test-result")).toHaveAttribute("data-ok", "true");
  await page.getByTestId("provider-save").click();
  const row = page.locator('[data-testid=provider-row][data-name="openai"]');
  await expect(row).toBeVisible();
  await expect(row.getByTestId("credential")).toContainText("c4f3");
  await row.getByTestId("provider-test").click();
  await expect(row.getByTestId("test-result")).toHaveAttribute("data-ok", "true");
  expect(await page.content()).not.toContain("canary");
});

test("a key with limits is issued, called with, and its request and spend appear", async ({ page }) => {
  await signIn(page, administrator, "/keys");
  await page.getByTestId("issue-key").click();
  await page.getByTestId("key-name").fill("browser test");
  await page.getByTestId("key-expiry").click();
  await page.getByRole("option", { name: "In a day" }).click();
  await page.getByTestId("key-max_budget").fill("5");
  await page.getByTestId("key-issue-submit").click();
  key = (await page.getByTestId("issued-key-value").textContent())!;
  await page.getByTestId("issued-done").click();
  const line = page.locator('[data-testid=key-row][data-name="browser test"]');
  await expect(line).toContainText("of $5.00");

  await page.getByTestId("nav-requests").click();
  await expect(page.getByTestId("live-state")).toHaveText("Live");
  expect((await chat(page, "openai/gpt-4o-mini")).status).toBe(200);
  const row = page.getByTestId("request-row").first();
  await expect(row).toContainText("gpt-4o-mini");
  await expect(row).toContainText("browser test");
  await row.click();
  await expect(page.getByTestId("cost-total")).toHaveText(/^\$0\.0*[1-9]/);
  await expect(page.getByTestId("request-drawer")).toContainText("Price from");
  await page.keyboard.press("Escape");

  await page.getByTestId("nav-overview").click();
  await expect(page.getByTestId("overview-spend")).toHaveText(/^\$0\.0*[1-9]/);
  await expect(page.getByTestId("sidebar-spend")).toHaveText(/^\$0\.0*[1-9]/);
  await expect(page.getByTestId("top-key")).toContainText("browser test");
  await page.getByTestId("nav-keys").click();
  await expect(line.getByTestId("key-spend")).toContainText(/^\$0\.0*[1-9]/);
});

test("an unknown model is refused, and the row says why and what to try", async ({ page }) => {
  await signIn(page, administrator, "/requests");
  await expect(page.getByTestId("live-state")).toHaveText("Live");
  const answer = await chat(page, "nobody/nothing");
  expect(answer.status).toBe(404);
  await page.getByTestId("request-row").filter({ hasText: "nobody/nothing" }).first().click();
  await expect(page.getByTestId("request-error")).toContainText("nobody/nothing");
  await expect(page.getByTestId("request-error")).toContainText("under Models");
});

test("a blocked key is refused, an unblocked one works, a revoked one is gone", async ({ page }) => {
  await signIn(page, administrator, "/keys");
  const line = page.locator('[data-testid=key-row][data-name="browser test"]');
  await line.getByTestId("key-menu").click();
  await page.getByTestId("key-block").click();
  await expect(line).toContainText("blocked");
  expect((await chat(page, "demo")).status).toBeGreaterThanOrEqual(400);
  await line.getByTestId("key-menu").click();
  await page.getByTestId("key-block").click();
  await expect(line).not.toContainText("blocked");
  expect((await chat(page, "demo")).status).toBe(200);
  await line.getByTestId("key-menu").click();
  await page.getByTestId("key-revoke").click();
  await page.getByTestId("confirm").click();
  await expect(line).toHaveCount(0);
  expect((await chat(page, "demo")).status).toBe(401);
});

test("the catalogue is searched, and an own price is kept and taken back", async ({ page }) => {
  await signIn(page, administrator, "/models?open=openai/gpt-4o-mini");
  await page.getByTestId("price-input").fill("0.0375");
  await page.getByTestId("price-output").fill("0.5");
  await page.getByTestId("price-save").click();
  await expect(page.getByTestId("price-reset")).toBeVisible();
  await expect(page.getByTestId("model-drawer")).toContainText("$0.0375");
  await page.getByTestId("price-reset").click();
  await expect(page.getByTestId("price-reset")).toHaveCount(0);
  await page.keyboard.press("Escape");
  await page.getByTestId("models-search").fill("gpt-4o-mini");
  await expect(page.getByTestId("model-row").first()).toContainText("gpt-4o-mini");
});

test("settings tell where things are; the listener is not switched from a browser", async ({ page }) => {
  await signIn(page, administrator, "/settings");
  await expect(page.getByTestId("base-url")).toContainText(new URL(gateway).port);
  await expect(page.getByTestId("vault-kind")).toHaveText(/\w/);
  await expect(page.getByTestId("version")).toHaveText(/\d+\.\d+/);
  await expect(page.getByTestId("listener-toggle")).toHaveCount(0);
});

test("removing the provider ends its models", async ({ page }) => {
  await signIn(page, administrator, "/providers");
  const row = page.locator('[data-testid=provider-row][data-name="openai"]');
  await row.getByTestId("provider-menu").click();
  await page.getByTestId("provider-remove").click();
  await page.getByTestId("confirm").click();
  await expect(row).toHaveCount(0);
});
