import { expect, test } from "@playwright/test";
import { mockKey, signIn, traffic } from "../helpers";

const ROW = "session-row";

test("the log's other view sums up runs, and a run leads back to its requests", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/requests");
  await page.getByTestId("log-view-sessions").click();
  await expect(page).toHaveURL(/requests\/sessions/);
  await expect(page.getByTestId("nav-requests")).toHaveAttribute("aria-current", "page");
  const row = page.getByTestId(ROW).filter({ hasText: "postern" }).first();
  const name = await row.getAttribute("data-name");
  await row.click();
  await expect(page).toHaveURL(new RegExp(`session=${name}`));
  const card = page.getByTestId("session-card");
  await expect(card).toContainText("postern");
  await expect(card).toContainText("claude-cli");
  await expect(card).toContainText("$");
  // To the last one, the list has as many as the card says.
  await expect(page.getByTestId("requests-end")).toContainText("that is all");
  const listed = (await page.getByTestId("requests-end").textContent())!.match(/[\d,]+/)![0];
  await expect(card.locator("dd").nth(1)).toHaveText(new RegExp(`^${listed}\\D*`));
  await page.getByTestId("session-card-all").click();
  await expect(page).toHaveURL(/sessions\?project=postern/);
  await expect(page.getByTestId(ROW).filter({ hasText: "billing-service" })).toHaveCount(0);
  await page.getByTestId("log-view-requests").click();
  await expect(page.getByTestId("chip-project")).toContainText("postern");
});

test("from a row of the log and from its detail one comes to the session", async ({ page }) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await signIn(page, mockKey("busy"), "/requests?project=billing-service");
  await page.getByTestId("row-session").first().click();
  await expect(page).toHaveURL(/\?session=billing-service-/);
  await expect(page.getByTestId("session-card")).toContainText("aider");
  await expect(page.getByTestId("request-drawer")).toHaveCount(0);
});

test("they are searched, opened with keys, and read page by page", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/requests/sessions");
  const rows = page.getByTestId(ROW);
  await expect(rows.first()).toBeVisible();
  const grid = page.getByRole("grid", { name: "Sessions" });
  await expect
    .poll(
      async () => {
        await grid.evaluate((node) => node.scrollTo({ top: node.scrollHeight }));
        return page.getByTestId("sessions-end").textContent();
      },
      { timeout: 60_000, intervals: [60] },
    )
    .toMatch(/^[\d,]+ sessions, that is all$/);
  await page.getByTestId("sessions-search").fill("evaluation-of-all");
  await expect(page).toHaveURL(/search=evaluation-of-all/);
  await expect(rows.first()).toContainText("customer-support-assistant");
  await page.getByTestId("sessions-search").fill("");
  await page.getByTestId("sessions-project").click();
  await page.getByRole("option", { name: "billing-service" }).click();
  await expect(page).toHaveURL(/sessions\?project=billing-service$/);
  await expect(rows.first()).toContainText("billing-service");
  await page.getByTestId("sessions-search").fill("nowhere");
  await expect(page.getByTestId("sessions-none-match")).toBeVisible();
  await page.getByRole("button", { name: "Clear all filters" }).click();
  await expect(page.getByTestId("sessions-search")).toHaveValue("");
  await expect(rows.first()).toBeVisible();
  await grid.focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("session-card")).toBeVisible();
});

test("a session that goes on is counted on", async ({ page }) => {
  const key = mockKey("busy");
  await signIn(page, key, "/requests/sessions?search=demo-run");
  await expect(page.getByTestId("sessions-none-match")).toBeVisible();
  await traffic(page, key, 1, { provider: "demo", model: "demo", session: "demo-run" });
  await expect(page.getByTestId(ROW)).toHaveCount(1);
  await expect(page.getByTestId(ROW)).toContainText("demo-run");
  await expect(page.getByTestId(ROW)).toContainText("local");
});

test("where there is none, it says how one is told", async ({ page }) => {
  await signIn(page, mockKey("quiet"), "/requests/sessions");
  await expect(page.getByTestId("sessions-empty")).toContainText("Claude Code");
  await expect(page.getByText("x-postern-session")).toBeVisible();
  await page.getByTestId("open-palette").click();
  await page.getByTestId("palette-input").fill("runs");
  await expect(page.getByTestId("palette-sessions")).toBeVisible();
});
