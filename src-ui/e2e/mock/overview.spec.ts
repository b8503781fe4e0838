import { expect, test } from "@playwright/test";
import { mockKey, signIn, traffic } from "../helpers";

test("ranges and measures agree with the gateway's figures, and the chart is also a table", async ({ page }) => {
  const key = mockKey("busy");
  await signIn(page, key);
  await page.getByTestId("range-30d").click();
  const answer = await page.request.get(new URL("/console/overview?range=30d", page.url()).href, {
    headers: { authorization: `Bearer ${key}` },
  });
  const { totals } = await answer.json();
  await expect(page.getByTestId("overview-requests")).toHaveText(totals.requests.toLocaleString("en-US"));
  await expect(page.getByTestId("overview-spend")).toHaveText(`$${(totals.cost_nanos / 1e9).toFixed(2)}`);
  await page.getByTestId("metric-requests").click();
  await page.getByTestId("chart-as-table").click();
  const table = page.getByRole("region", { name: "requests as a table" });
  await expect(table.locator("tbody tr")).toHaveCount(30);
  const shown = await table.locator("tbody tr td:nth-child(2)").allTextContents();
  const sum = shown.reduce((total, text) => total + Number(text.replace(/[–,]/g, "") || 0), 0);
  expect(sum).toBe(totals.requests);
});

test("a finished request moves the figures by itself", async ({ page }) => {
  const key = mockKey("busy");
  await signIn(page, key);
  const requests = page.getByTestId("overview-requests");
  await expect(requests).toHaveText(/\d/);
  const before = Number((await requests.textContent())!.replace(",", ""));
  await traffic(page, key, 3);
  await expect(requests).toHaveText((before + 3).toLocaleString("en-US"));
});

test("a model without a price is said to be missing from the totals, and leads to where prices are set", async ({
  page,
}) => {
  await signIn(page, mockKey("busy"), "/?range=30d");
  await expect(page.getByTestId("unpriced-notice")).toContainText("without a known price");
  await page.getByTestId("unpriced-notice").getByRole("link").click();
  await expect(page).toHaveURL(/models\?open=/);
  // This one the catalogue has never heard of: the drawer says so in place of prices.
  await expect(page.getByTestId("model-unknown")).toContainText("recorded as unpriced");
});

test("an empty day says what will appear", async ({ page }) => {
  await signIn(page, mockKey("quiet"));
  await expect(page.getByTestId("overview-spend")).toHaveText("$0.00");
  await expect(page.getByText("Bars appear here with the first request")).toBeVisible();
});

test("a failing gateway is named with the request's id, and trying again recovers", async ({ page }) => {
  const key = mockKey("failing");
  await signIn(page, key);
  const notice = page.getByTestId("error-notice").first();
  await expect(notice).toContainText("0197a2b4-0000-7000-8000-00000000beef");
  await expect(notice).toContainText("Its log has the reason");
  await page.request.post(new URL("/__mock/recover", page.url()).href, { headers: { authorization: `Bearer ${key}` } });
  await notice.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByTestId("overview-spend")).toHaveText(/\$/);
});

test("while it loads nothing is empty and nothing jumps", async ({ page }) => {
  await signIn(page, mockKey("slow"));
  const spend = page.getByTestId("overview-spend");
  await expect(spend).toBeVisible();
  const chart = page.getByTestId("usage-chart");
  const before = await spend.boundingBox();
  await expect(spend).toHaveText(/\$/, { timeout: 15_000 });
  await expect(chart).toBeVisible();
  expect((await spend.boundingBox())?.height).toBe(before?.height);
});
