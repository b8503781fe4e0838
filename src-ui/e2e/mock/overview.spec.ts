import { readFileSync } from "node:fs";
import { expect, type Page, test } from "@playwright/test";
import { mockKey, signIn, traffic } from "../helpers";

/** What the gateway says of a period. */
async function spend(page: Page, key: string, parameters: string) {
  const answer = await page.request.get(new URL(`/console/spend?${parameters}`, page.url()).href, {
    headers: { authorization: `Bearer ${key}` },
  });
  return answer.json();
}

/** The reader of the chart, when there are bars below it. */
async function chart(page: Page) {
  await page.locator("[data-chart] [data-series]").first().waitFor({ state: "attached" });
  return page.getByTestId("chart");
}

const search = (page: Page) => new URLSearchParams(page.url().split("?")[1] ?? "");

test("ranges and measures agree with the gateway's figures, and the chart is also a table", async ({ page }) => {
  const key = mockKey("busy");
  await signIn(page, key);
  await page.getByTestId("range-30d").click();
  const { totals } = await spend(page, key, "range=30d");
  await expect(page.getByTestId("overview-requests")).toHaveText(totals.requests.toLocaleString("en-US"));
  await expect(page.getByTestId("overview-spend")).toHaveText(`$${(totals.cost_nanos / 1e9).toFixed(2)}`);
  await expect(page.getByTestId("overview-covered")).toContainText("covered");
  await page.getByTestId("metric-requests").click();
  await page.getByTestId("chart-as-table").click();
  const table = page.getByRole("region", { name: "requests as a table" });
  await expect(table.locator("tbody tr")).toHaveCount(30);
  const all = async () =>
    (await table.locator("tbody tr td:nth-child(2)").allTextContents()).map((text) =>
      Number(text.replace(/[–,]/g, "") || 0),
    );
  expect((await all()).reduce((sum, value) => sum + value, 0)).toBe(totals.requests);
  await table.getByRole("button", { name: "All", exact: true }).click();
  expect(await all()).toEqual([...(await all())].sort((a, b) => b - a));
  await expect(table.locator("th[aria-sort=descending]")).toHaveText("All");
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
  await expect(page.getByTestId("unpriced-notice")).toContainText("Such as");
  await page.getByTestId("unpriced-notice").getByRole("link").click();
  await expect(page).toHaveURL(/models\?unpriced=true/);
  await expect(page.getByTestId("unpriced-set").first()).toBeVisible();
});

test("an empty day says what will appear", async ({ page }) => {
  await signIn(page, mockKey("quiet"));
  await expect(page.getByTestId("overview-spend")).toHaveText("$0.00");
  await expect(page.getByText("Bars appear here with the first request")).toBeVisible();
  await expect(page.getByTestId("forecast-unknown")).toContainText("Too early to say");
  await expect(page.getByTestId("budget-bars")).toContainText("Nothing has a budget");
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
  const figure = page.getByTestId("overview-spend");
  await expect(figure).toBeVisible();
  const before = await figure.boundingBox();
  await expect(figure).toHaveText(/\$/, { timeout: 15_000 });
  await expect(page.getByTestId("usage-chart")).toBeVisible();
  expect((await figure.boundingBox())?.height).toBe(before?.height);
});

test("arrow keys read the bars of the chart, and Enter opens the requests of one or of a part of it", async ({
  page,
}) => {
  await signIn(page, mockKey("busy"), "/?range=7d");
  const reader = await chart(page);
  const reading = page.getByTestId("chart-reading");
  await reader.press("Home");
  const first = await reading.textContent();
  expect(first).toMatch(/: \$\d.*claude-sonnet-4-5 \$.*the 7 days before \$/);
  await reader.press("ArrowRight");
  await expect(reading).not.toHaveText(first!);
  await expect(page.getByTestId("chart-tooltip")).toBeVisible();
  await reader.press("Escape");
  await expect(page.getByTestId("chart-tooltip")).toHaveCount(0);
  await reader.press("End");
  await reader.press("ArrowLeft");
  await reader.press("Enter");
  await expect(page).toHaveURL(/requests\?/);
  const day = Number(search(page).get("to")) - Number(search(page).get("from"));
  expect(day).toBe(86_400_000);
  await expect(page.getByTestId("filter-span")).toBeVisible();
  await page.goBack();
  await chart(page);
  await reader.press("End");
  await reader.press("ArrowLeft");
  await reader.press("ArrowUp");
  await expect(reading).toContainText(/^claude-sonnet-4-5: \$.* of \$/);
  await reader.press("Enter");
  await expect(page.getByTestId("filter-model")).toContainText("claude-sonnet-4-5");
  await expect(page.getByTestId("filter-span")).toBeVisible();
  await expect(page.getByTestId("request-row").first()).toBeVisible();
});

test("the pointer reads to the last digit, and nothing but the tooltip renders", async ({ page }) => {
  const key = mockKey("busy");
  await signIn(page, key, "/?range=365d");
  const reader = await chart(page);
  const box = (await reader.boundingBox())!;
  await page.evaluate(() => {
    const counter = { changes: 0 };
    Object.assign(window, { counter });
    const seen = new MutationObserver((changes) => {
      counter.changes += changes.length;
    });
    for (const drawn of document.querySelectorAll(
      "[data-chart], [data-testid=top-model], [data-testid=overview-spend]",
    ))
      seen.observe(drawn, { subtree: true, childList: true, attributes: true, characterData: true });
  });
  for (let step = 0; step < 40; step++)
    await page.mouse.move(box.x + box.width * (0.2 + step / 50), box.y + box.height - 30);
  await expect(page.getByTestId("chart-tooltip")).toContainText("$");
  // biome-ignore lint/suspicious/noExplicitAny: set above
  expect(await page.evaluate(() => (window as any).counter.changes)).toBe(0);
  await page.mouse.click(box.x + box.width * 0.97, box.y + box.height - 30);
  await expect(page).toHaveURL(/requests\?.*from=/);
});

test("what the legend hides is out of the sums, and comes back", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/?range=7d");
  const reader = await chart(page);
  const whole = await reader.getAttribute("aria-label");
  const entry = page.getByTestId("legend-entry").first();
  await entry.click();
  await expect(entry).toHaveAttribute("aria-pressed", "false");
  await expect(reader).not.toHaveAttribute("aria-label", whole!);
  await reader.press("Home");
  await expect(page.getByTestId("chart-reading")).not.toContainText("claude-sonnet-4-5");
  // The other period is known of all groups together only.
  await expect(page.getByTestId("chart-reading")).not.toContainText("before");
  await entry.click();
  await expect(reader).toHaveAttribute("aria-label", whole!);
});

test("a view is in its address: reloading keeps it, and so does coming back", async ({ page }) => {
  const key = mockKey("busy");
  await signIn(page, key, "/?range=90d");
  await chart(page);
  await page.getByTestId("by").click();
  await page.getByRole("option", { name: "Tool" }).click();
  await page.getByTestId("metric-tokens").click();
  await page.getByTestId("range-custom").click();
  await page.getByTestId("custom-from").fill("2026-02-03");
  await page.getByTestId("custom-to").fill("2026-02-01");
  await expect(page.getByTestId("custom-apply")).toBeDisabled();
  const today = new Date().toLocaleDateString("en-CA");
  const ago = new Date(Date.now() - 9 * 86_400_000).toLocaleDateString("en-CA");
  await page.getByTestId("custom-from").fill(ago);
  await page.getByTestId("custom-to").fill(today);
  await page.getByTestId("custom-apply").click();
  await page.getByTestId("compare").click();
  await page.getByTestId("compare-none").click();
  await expect(page).toHaveURL(new RegExp(`from=${ago}`));
  expect(Object.fromEntries(search(page))).toEqual({
    from: ago,
    to: today,
    by: "tool",
    metric: "tokens",
    compare: "none",
  });
  await expect(page.getByTestId("overview-spend-change")).toHaveCount(0);
  await page.reload();
  await expect(page.getByRole("heading", { name: "Tokens by tool" })).toBeVisible();
  await expect(page.getByTestId("range-custom")).toContainText(/–/);
  const { totals } = await spend(page, key, `from=${ago}&to=${today}`);
  await expect(page.getByTestId("overview-requests")).toHaveText(totals.requests.toLocaleString("en-US"));
});

test("another period is compared, day beside day", async ({ page }) => {
  const key = mockKey("busy");
  await signIn(page, key, "/?range=7d");
  await chart(page);
  const from = new Date(Date.now() - 20 * 86_400_000).toLocaleDateString("en-CA");
  await page.getByTestId("compare").click();
  await page.getByTestId("compare-from").fill(from);
  await page.getByTestId("compare-apply").click();
  await expect(page).toHaveURL(new RegExp(`compare=${from}`));
  const { totals, compared } = await spend(page, key, `range=7d&compare=${from}`);
  const times = totals.requests > compared.totals.requests ? "up" : "down";
  await expect(page.getByTestId("overview-requests-change")).toContainText(
    new RegExp(`${times}.*compared with ${compared.totals.requests.toLocaleString("en-US")}|as much`),
  );
});

test("days begin at midnight of the reader, also where that is another day already", async ({ browser, baseURL }) => {
  const context = await browser.newContext({ timezoneId: "Pacific/Auckland", baseURL, locale: "en-US" });
  const page = await context.newPage();
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await signIn(page, mockKey("busy"), "/?range=7d");
  const reader = await chart(page);
  expect(asked.filter((url) => url.includes("/console/spend?")).every((url) => url.includes("Auckland"))).toBe(true);
  await reader.press("End");
  const today = new Intl.DateTimeFormat("en", { timeZone: "Pacific/Auckland", month: "short", day: "numeric" });
  await expect(page.getByTestId("chart-reading")).toContainText(today.format(Date.now()));
  await reader.press("Enter");
  await expect(page.getByTestId("filter-span")).toContainText(today.format(Date.now()));
  const hour = new Intl.DateTimeFormat("en", { timeZone: "Pacific/Auckland", hour: "numeric", hourCycle: "h23" });
  expect(hour.format(Number(search(page).get("from")))).toBe("00");
  await context.close();
});

test("the calendar is read with arrow keys, and opens a day", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/?range=30d");
  const heat = page.getByTestId("heat");
  await heat.press("End");
  await heat.press("ArrowLeft");
  await heat.press("ArrowUp");
  await expect(page.getByTestId("heat-reading")).toContainText(
    /day, \w+ \d+, 20\d\d: (\$[\d.]+ in \d+ requests|nothing)/,
  );
  await expect(page.getByTestId("heat-tooltip")).toBeVisible();
  await heat.press("Enter");
  await expect(page).toHaveURL(/from=(20\d\d-\d\d-\d\d)&to=\1/);
  const day = new Date(Date.now() - 8 * 86_400_000).toLocaleDateString("en-CA");
  expect(search(page).get("from")).toBe(day);
  await expect(page.getByTestId("range-custom")).not.toContainText("Custom");
});

test("each line of the lists leads to its requests of these days, each budget to its thing", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/?range=7d&metric=requests");
  await page.getByTestId("top-tool").getByRole("link").first().click();
  await expect(page).toHaveURL(/requests\?.*client=claude-cli/);
  await expect(page.getByTestId("filter-span")).toBeVisible();
  await page.goBack();
  await page.getByTestId("top-key").getByRole("link").first().click();
  await expect(page).toHaveURL(/requests\?.*key_id=/);
  await page.goBack();
  await expect(page.getByTestId("budget-bar").first()).toBeVisible();
  const few = await page.getByTestId("budget-bar").count();
  await page.getByTestId("budget-bars-all").click();
  expect(await page.getByTestId("budget-bar").count()).toBeGreaterThan(few);
  await expect(page.getByTestId("budget-bars")).toContainText("Research · openai/gpt-5team");
  await page.getByTestId("budget-bar-link").first().click();
  await expect(page).toHaveURL(/(keys|teams|users)\?open=/);
});

test("a picture of the chart is made here, and leaves names of keys out unless they are asked for", async ({
  page,
}) => {
  await signIn(page, mockKey("busy"), "/?range=30d&by=key");
  await chart(page);
  await page.getByTestId("chart-share").click();
  const shown = async () => decodeURIComponent((await page.getByTestId("picture").getAttribute("src"))!);
  expect(await shown()).toContain("Key 1");
  expect(await shown()).not.toContain("claude-code");
  expect(await shown()).not.toMatch(/(href|src)=/);
  await page.getByTestId("picture-names").click();
  await expect.poll(shown).toContain("claude-code on the laptop");
  const download = page.waitForEvent("download");
  await page.getByTestId("picture-save").click();
  const file = await download;
  expect(file.suggestedFilename()).toMatch(/^postern-spend-20\d\d-\d\d-\d\d-to-20\d\d-\d\d-\d\d\.png$/);
  const png = readFileSync(await file.path());
  expect(png.subarray(1, 4).toString()).toBe("PNG");
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([2400, 1260]);
  expect(png.length).toBeGreaterThan(40_000);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByTestId("picture-copy").click();
  await expect(page.getByTestId("picture-copy")).toHaveText("Copied");
  const copied = await page.evaluate(async () => (await navigator.clipboard.read()).flatMap(({ types }) => types));
  expect(copied).toContain("image/png");
});

test("projects, organizations and end users have their share, and each leads to its requests", async ({ page }) => {
  const key = mockKey("busy");
  await signIn(page, key, "/?range=7d");
  await chart(page);
  for (const [name, heading, filter] of [
    ["Project", "Spend by project", "project"],
    ["Organization", "Spend by organization", "organization_id"],
    ["End user", "Spend by end user", "end_user"],
  ] as const) {
    await page.getByTestId("by").click();
    await page.getByRole("option", { name, exact: true }).click();
    await expect(page.getByRole("heading", { name: heading })).toBeVisible();
    await expect(page.getByTestId("legend-entry").filter({ hasText: `no ${name.toLowerCase()}` })).toHaveCount(1);
    const list = page.getByTestId(`top-${search(page).get("by")}`);
    await list.getByRole("link").first().click();
    await expect(page).toHaveURL(new RegExp(`requests\\?.*${filter}=`));
    await expect(page.getByTestId("request-row").first()).toBeVisible();
    await page.goBack();
    await chart(page);
  }
});

test("where nothing names a project, there is no list of them", async ({ page }) => {
  await signIn(page, mockKey("quiet"));
  await expect(page.getByTestId("top-model")).toContainText("Models appear here");
  await expect(page.getByTestId("top-project")).toHaveCount(0);
});
