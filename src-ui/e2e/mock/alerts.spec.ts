import { expect, type Page, test } from "@playwright/test";
import { mockKey, signIn } from "../helpers";

const tell = (page: Page, key: string) =>
  page.request.post(new URL("/__mock/alert", page.url()).href, {
    headers: { authorization: `Bearer ${key}` },
    data: {},
  });

test("the bell counts what was not seen, as it happens, and the page takes it back", async ({ page }) => {
  const key = mockKey("busy");
  await signIn(page, key, "/providers");
  const bell = page.getByTestId("bell");
  await expect(bell).toHaveAccessibleName("Alerts, 50+ new");
  await bell.click();
  await expect(page.getByTestId("alert").first()).toBeVisible();
  await expect(bell).toHaveAccessibleName("Alerts");
  await page.getByTestId("nav-keys").click();
  await tell(page, key);
  await expect(bell).toHaveAccessibleName("Alerts, 1 new");
  await page.reload();
  await expect(bell).toHaveAccessibleName("Alerts, 1 new");
  await bell.click();
  await expect(page.getByTestId("alert").first()).toContainText("new");
});

test("each alert says what, how much and who else was told, and leads there; older ones come when asked for", async ({
  page,
}) => {
  await signIn(page, mockKey("busy"), "/alerts");
  const alerts = page.getByTestId("alert");
  await expect(alerts).toHaveCount(50);
  await page.getByTestId("alerts-more").click();
  await expect(page.getByTestId("alerts-end")).toHaveText("57 alerts, that is all");
  await expect(alerts.first().getByTestId("alert-delivery").nth(1)).toContainText(
    "not reached after 8 tries: it answered 503",
  );
  const spike = page.locator("[data-testid=alert][data-kind=spend_spike]").first();
  await expect(spike).toContainText("$18.40 where at most $6.75 is usual");
  await spike.getByTestId("alert-requests").click();
  await expect(page).toHaveURL(/provider=anthropic/);
  await expect(page.getByTestId("filter-span")).toBeVisible();
});

test("without any, it says what one would be told of", async ({ page }) => {
  await signIn(page, mockKey("quiet"), "/alerts");
  await expect(page.getByTestId("alerts-empty")).toContainText("when a budget passes");
  await expect(page.getByTestId("bell")).toHaveAccessibleName("Alerts");
});
