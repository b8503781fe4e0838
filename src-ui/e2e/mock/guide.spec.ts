import { expect, test } from "@playwright/test";
import { mockKey, signIn } from "../helpers";

test("from nothing to a request seen arriving", async ({ page }) => {
  await signIn(page, mockKey("fresh"));
  await expect(page.getByTestId("guide-step-1")).toHaveAttribute("data-done", "true");
  await page.getByTestId("guide-use-demo").click();
  await page.getByTestId("guide-issue-key").click();
  const key = (await page.getByTestId("issued-key-value").textContent())!;
  await expect(page.getByTestId("guide-curl")).toContainText(key);
  await expect(page.getByTestId("guide-waiting")).toBeVisible();
  const answer = await page.request.post(new URL("/v1/chat/completions", page.url()).href, {
    headers: { authorization: `Bearer ${key}` },
    data: { model: "demo", messages: [{ role: "user", content: "Hello" }] },
  });
  expect(answer.ok()).toBe(true);
  await expect(page.getByTestId("guide-arrived")).toContainText("demo");
  await expect(page.getByTestId("guide-arrived")).toContainText("local");
  await page.getByTestId("guide-done").click();
  await expect(page.getByTestId("overview-requests")).toHaveText("1");
  await page.reload();
  await expect(page.getByTestId("overview-requests")).toBeVisible();
});

test("it can be skipped, and asked for again", async ({ page }) => {
  await signIn(page, mockKey("fresh"));
  await page.getByTestId("guide-dismiss").click();
  await expect(page.getByTestId("overview-spend")).toBeVisible();
  await page.reload();
  await expect(page.getByTestId("overview-spend")).toBeVisible();
  await page.getByTestId("nav-settings").click();
  await page.getByRole("button", { name: "Show it again" }).click();
  await page.getByTestId("nav-overview").click();
  await expect(page.getByTestId("guide")).toBeVisible();
});
