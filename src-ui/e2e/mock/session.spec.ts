import { expect, test } from "@playwright/test";
import { complaints, mockKey, signIn } from "../helpers";

test("a wrong key is refused with what to do, the right one opens the console", async ({ page }) => {
  await page.goto("./");
  await expect(page.getByText("POSTERN_ADMIN_KEY")).toBeVisible();
  await page.getByTestId("sign-in-submit").click();
  await expect(page.getByText("Enter the administrator's key.")).toBeVisible();
  await page.getByTestId("sign-in-key").fill("sk-wrong");
  await page.getByTestId("sign-in-submit").click();
  await expect(page.getByText("does not accept this key")).toBeVisible();
  await page.getByTestId("sign-in-key").fill(mockKey("quiet"));
  await page.getByTestId("sign-in-submit").click();
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
});

test("a virtual key is told what it may do", async ({ page }) => {
  const admin = mockKey("quiet");
  await page.goto("./");
  const answer = await page.request.post(new URL("/key/generate", page.url()).href, {
    headers: { authorization: `Bearer ${admin}` },
    data: { key_alias: "laptop" },
  });
  const { key } = await answer.json();
  await page.getByTestId("sign-in-key").fill(key);
  await page.getByTestId("sign-in-submit").click();
  await expect(page.getByText("the virtual key “laptop”")).toBeVisible();
  await expect(page.getByTestId("sign-in")).toBeVisible();
});

test("the key stays in this tab: a reload keeps it, signing out forgets it, no disk sees it", async ({ page }) => {
  const key = mockKey("quiet");
  await signIn(page, key);
  await page.reload();
  await expect(page.getByTestId("nav-overview")).toBeVisible();
  expect(await page.evaluate(() => JSON.stringify({ ...localStorage }) + document.cookie)).not.toContain(key);
  await page.getByTestId("sign-out").click();
  await expect(page.getByTestId("sign-in-key")).toBeVisible();
  expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
});

test("nothing breaks the content security policy on any page", async ({ page }) => {
  const found = complaints(page);
  await signIn(page, mockKey("busy"));
  const people = ["users", "teams", "organizations", "customers", "budgets", "tags", "audit"];
  for (const name of ["overview", "requests", "models", "providers", "keys", ...people, "settings"]) {
    await page.getByTestId(`nav-${name}`).click();
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await page.waitForTimeout(150);
  }
  await page.keyboard.press("Control+k");
  await expect(page.getByTestId("palette")).toBeVisible();
  expect(found).toEqual([]);
});
