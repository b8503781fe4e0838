import { readFileSync } from "node:fs";
import { expect, test } from "@playwright/test";
import { complaints, mockKey, signIn, traffic } from "../helpers";

const ROW = "request-row";

test("10,000 rows: only those in sight exist, and scrolling reaches the last", async ({ page }) => {
  test.setTimeout(90_000);
  await signIn(page, mockKey("busy"), "/requests");
  await expect(page.getByTestId(ROW).first()).toBeVisible();
  expect(await page.getByTestId(ROW).count()).toBeLessThan(80);
  const grid = page.getByRole("grid", { name: "Requests" });
  await expect
    .poll(
      async () => {
        await grid.evaluate((node) => node.scrollTo({ top: node.scrollHeight }));
        return page.getByText("10,000 requests, that is all").count();
      },
      { timeout: 60_000, intervals: [60] },
    )
    .toBe(1);
  expect(await page.getByTestId(ROW).count()).toBeLessThan(80);
});

test("a request appears at the top when it ends; a paused list keeps still and offers the new ones", async ({
  page,
}) => {
  const key = mockKey("busy");
  await signIn(page, key, "/requests");
  await expect(page.getByTestId("live-state")).toHaveText("Live");
  const first = page.getByTestId(ROW).first();
  const before = await first.getAttribute("data-key");
  await traffic(page, key, 1);
  await expect(first).not.toHaveAttribute("data-key", before!);
  await page.getByTestId("pause").click();
  const held = await first.getAttribute("data-key");
  await traffic(page, key, 4);
  await expect(page.getByTestId("new-requests")).toHaveText("4 new");
  expect(await first.getAttribute("data-key")).toBe(held);
  await page.getByTestId("new-requests").click();
  await expect(first).not.toHaveAttribute("data-key", held!);
  await expect(page.getByTestId("new-requests")).toHaveCount(0);
});

test("scrolling down holds the list still, coming back lets it go on", async ({ page }) => {
  const key = mockKey("busy");
  await signIn(page, key, "/requests");
  await expect(page.getByTestId(ROW).first()).toBeVisible();
  const grid = page.getByRole("grid", { name: "Requests" });
  await grid.evaluate((node) => node.scrollTo({ top: 600 }));
  await expect(page.getByTestId("live-state")).toHaveText("Paused while scrolled");
  await traffic(page, key, 2);
  await expect(page.getByTestId("new-requests")).toHaveText("2 new");
  await grid.evaluate((node) => node.scrollTo({ top: 0 }));
  await expect(page.getByTestId("new-requests")).toHaveCount(0);
  await expect(page.getByTestId("live-state")).toHaveText("Live");
});

test("filters narrow, stay in the address and apply to what arrives", async ({ page }) => {
  const key = mockKey("busy");
  await signIn(page, key, "/requests");
  await page.getByTestId("filter-status").click();
  await page.getByRole("option", { name: "Failed" }).click();
  await expect(page).toHaveURL(/status=error/);
  await expect(page.getByTestId(ROW).first()).toContainText(/4\d\d|5\d\d/);
  const first = await page.getByTestId(ROW).first().getAttribute("data-key");
  await traffic(page, key, 1, { provider: "demo", model: "demo" });
  await page.waitForTimeout(400);
  expect(await page.getByTestId(ROW).first().getAttribute("data-key")).toBe(first);
  await page.getByTestId("requests-search").fill("no such thing anywhere");
  await expect(page.getByTestId("requests-none-match")).toBeVisible();
  await page.getByTestId("filter-clear").click();
  await expect(page.getByTestId(ROW).first()).toBeVisible();
});

test("the detail explains the cost to the last digit", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/requests?provider=anthropic&status=ok");
  await page.getByTestId(ROW).first().click();
  const lines = page.getByTestId("cost-lines");
  await expect(lines).toBeVisible();
  const cells = await lines
    .locator("tbody tr")
    .evaluateAll((rows) => rows.map((row) => row.lastElementChild!.textContent!));
  const nanos = cells.map((text) => Math.round(Number(text.replace(/[$,]/g, "")) * 1e9));
  expect(nanos.slice(0, -1).reduce((sum, value) => sum + value, 0)).toBe(nanos.at(-1));
  await expect(page.getByTestId("request-drawer")).toContainText("Price from");
});

test("an error says what happened and what to try", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/requests?search=Overloaded&status=error");
  await page.getByTestId(ROW).first().click();
  await expect(page.getByTestId("request-error")).toContainText("Overloaded");
  await expect(page.getByTestId("request-error")).toContainText("Trying again later usually helps");
});

test("rows open by keyboard, and closing gives the focus back", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/requests");
  await expect(page.getByTestId(ROW).first()).toBeVisible();
  const grid = page.getByRole("grid", { name: "Requests" });
  await grid.focus();
  for (let i = 0; i < 30; i++) await page.keyboard.press("ArrowDown");
  const active = await grid.getAttribute("aria-activedescendant");
  await expect(page.locator(`[id="${active}"]`)).toBeInViewport();
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("request-id")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("request-drawer")).toHaveCount(0);
  await expect(grid).toBeFocused();
});

test("an empty ledger says what will appear", async ({ page }) => {
  await signIn(page, mockKey("quiet"), "/requests");
  await expect(page.getByTestId("requests-empty")).toContainText("Each call appears here");
});

test("formats are named in words, whichever they are", async ({ page }) => {
  const key = mockKey("busy");
  await signIn(page, key, "/requests");
  await expect(page.getByTestId(ROW).first()).toBeVisible();
  // The demo model never fails in the mock, so that each was sent somewhere.
  for (const [format, sent, words] of [
    ["anthropic_messages", "bedrock_converse", "Anthropic messages → Bedrock Converse, translated"],
    ["openai_completions", "openai_completions", "OpenAI completions, passed through as it is"],
    ["embeddings", "gemini", "Embeddings, sent in Gemini's format"],
  ]) {
    const first = page.getByTestId(ROW).first();
    const before = await first.getAttribute("data-key");
    await traffic(page, key, 1, { provider: "demo", model: "demo", format, sent });
    await expect(first).not.toHaveAttribute("data-key", before!);
    await first.click();
    await expect(page.getByTestId("request-format")).toHaveText(words!);
    await page.keyboard.press("Escape");
  }
});

test("what the filter leaves is saved as a file, and of a span of time no more than that", async ({ page }) => {
  const key = mockKey("busy");
  await signIn(page, key, "/requests?client=aider");
  await page.getByTestId("request-row").first().waitFor();
  const save = async (format: "csv" | "jsonl") => {
    const download = page.waitForEvent("download");
    await page.getByTestId("export").click();
    await page.getByTestId(`export-${format}`).click();
    const file = await download;
    expect(file.suggestedFilename()).toMatch(new RegExp(`^postern-requests-20\\d\\d-\\d\\d-\\d\\d\\.${format}$`));
    return readFileSync(await file.path(), "utf8")
      .trim()
      .split("\n");
  };
  const table = await save("csv");
  expect(table[0]).toMatch(/^time,id,/);
  expect(table.length).toBeGreaterThan(100);
  expect(table.slice(1).every((line) => line.includes(",aider,"))).toBe(true);

  const [from, to] = [Date.now() - 3 * 86_400_000, Date.now() - 86_400_000];
  await page.goto(`./#/requests?from=${from}&to=${to}`);
  await expect(page.getByTestId("filter-span")).toBeVisible();
  await page.getByTestId("request-row").first().waitFor();
  const lines = (await save("jsonl")).map((line) => Date.parse(JSON.parse(line).time));
  expect(lines.length).toBeGreaterThan(10);
  expect(Math.max(...lines)).toBeLessThan(to);
  expect(Math.min(...lines)).toBeGreaterThanOrEqual(from);
  // To its very end, the list has as many.
  const whole = page.getByTestId("requests-end");
  await expect
    .poll(
      async () => {
        await page.mouse.move(600, 400);
        await page.mouse.wheel(0, 20_000);
        return whole.isVisible().then((seen) => (seen ? whole.textContent() : ""));
      },
      { timeout: 40_000 },
    )
    .toContain(`${lines.length.toLocaleString("en-US")} requests, that is all`);

  await traffic(page, key, 1);
  await page.getByTestId("filter-span").click();
  await expect(page).not.toHaveURL(/from=/);
});

test("where the time went is drawn, and said", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/requests?provider=anthropic&status=ok");
  await page.getByTestId(ROW).first().click();
  const waterfall = page.getByTestId("waterfall");
  await expect(waterfall.locator("[data-kind=waited]")).toContainText(/at anthropic/);
  await expect(waterfall.locator("[data-kind=answer]")).toContainText(/from .* to .* after the request came in/);
  await expect(waterfall).toContainText("First token");
});

test("what a request belongs to leads to the others of the same", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/requests?project=postern");
  await page.getByTestId(ROW).first().click();
  await page.getByTestId("request-session").getByRole("link").click();
  await expect(page).toHaveURL(/session=postern-/);
  await expect(page.getByTestId("request-drawer")).toHaveCount(0);
  await expect(page.getByTestId("chip-session")).toContainText("postern-");
  await expect(page.getByTestId("chip-project")).toHaveCount(0);
});

test("further filters are chips that go with a click, and all of them are in the address", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/requests");
  await page.getByTestId("filter-more").click();
  await page.getByTestId("filter-http_status").fill("529");
  await expect(page).toHaveURL(/http_status=529/);
  await page.getByTestId("filter-project").fill("postern");
  await expect(page).toHaveURL(/project=postern/);
  await expect(page.getByTestId(ROW).first()).toContainText("529");
  await page.getByTestId("filter-user").click();
  await page.getByRole("option").nth(1).click();
  await expect(page.getByTestId("chip-user_id")).toContainText("User");
  await page.getByTestId("filter-more").click();
  await expect(page.getByTestId("filter-more")).toContainText("(3)");
  await page.getByTestId("chip-http_status").click();
  await page.getByTestId("chip-user_id").click();
  await expect(page).toHaveURL(/requests\?project=postern$/);
  await page.reload();
  await expect(page.getByTestId("chip-project")).toContainText("postern");
  await page.getByTestId("filter-time").click();
  await page.getByRole("button", { name: "Today" }).click();
  await expect(page.getByTestId("filter-span")).toContainText("from");
  await page.getByTestId("filter-clear").click();
  await expect(page.getByTestId("filter-chips")).toHaveCount(0);
});

test("what was written is found where it is kept, and then the list is not live", async ({ page }) => {
  const key = mockKey("busy");
  await signIn(page, key, "/requests");
  await page.getByTestId("filter-more").click();
  await page.getByTestId("filter-q").fill("nightly invoice");
  await expect(page.getByTestId("chip-q")).toBeVisible();
  await expect(page.getByTestId("live-state")).toHaveText("Not live");
  await expect(page.getByTestId("not-live")).toContainText("without the words in it");
  await expect(page.getByTestId(ROW).first()).toBeVisible();
  // What comes meanwhile is counted, and is there after a refresh if it is found.
  await traffic(page, key, 2);
  await expect(page.getByTestId("not-live-unread")).toHaveText("2 requests since then may match");
  await page.getByTestId("read-anew").click();
  await expect(page.getByTestId("not-live-unread")).toHaveCount(0);
  await expect(page.getByTestId(ROW).first()).toBeVisible();
  await page.getByTestId("filter-q").fill("nowhere at all");
  await expect(page.getByTestId("requests-none-match")).toBeVisible();
});

test("what is rare is looked for further back, page after page, without being asked", async ({ page }) => {
  const key = mockKey("busy");
  await signIn(page, key, "/requests");
  const headers = { authorization: `Bearer ${key}` };
  const all = await page.request.get("/console/requests/export?format=csv", { headers });
  const oldest = (await all.text()).trim().split("\n").at(-1)!.split(",")[1]!;
  const asked: string[] = [];
  page.on("request", (request) => {
    if (request.url().includes("/console/requests?")) asked.push(request.url());
  });
  await page.getByTestId("requests-search").fill(oldest);
  await expect(page.getByTestId(ROW)).toHaveCount(1);
  await expect(page.getByTestId(ROW)).toHaveAttribute("data-key", oldest);
  await expect(page.getByTestId("requests-end")).toHaveText("1 request, that is all");
  expect(new Set(asked).size).toBeGreaterThan(5);
  // And one that is nowhere ends, too.
  await page.getByTestId("requests-search").fill("no such thing anywhere");
  await expect(page.getByTestId("requests-none-match")).toBeVisible();
});

test("a kept request is read as a conversation and as it was sent, and nothing of it runs", async ({ page }) => {
  const found = complaints(page);
  await signIn(page, mockKey("busy"), "/requests?q=onerror&status=ok");
  await page.getByTestId(ROW).first().click();
  const bodies = page.getByTestId("bodies");
  await expect(bodies).toContainText("Assistant");
  await expect(bodies).toContainText('<img src=x onerror="alert(1)"> and now?');
  await expect(bodies.locator("img")).toHaveCount(0);
  await bodies.getByText("Calls grep").click();
  await expect(bodies).toContainText('"pattern": "due_date"');
  await page.getByTestId("bodies-view-raw").click();
  await expect(page.getByTestId("body-raw").first()).toContainText('"tool_calls"');
  expect(found).toEqual([]);
});

test("what is not kept says how it would be", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/requests?search=notebook");
  await page.getByTestId(ROW).first().click();
  await page.getByTestId("bodies-key").click();
  await expect(page).toHaveURL(/keys\?q=notebook/);
});

test("another model is asked the same, and both stand side by side", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/requests?q=nightly&status=ok&provider=anthropic");
  const ask = async (model: string) => {
    await page.getByTestId("replay-model").click();
    await page.getByRole("combobox").fill(model);
    await page.keyboard.press("Enter");
    await page.getByTestId("replay-ask").click();
  };
  // One of which something was taken out, and which is whole.
  await page.getByTestId(ROW).filter({ hasText: "claude-code" }).first().click();
  await page.getByTestId("replay-open").click();
  await expect(page.getByTestId("replay-cost")).toContainText("costs what the model costs");
  await page.getByTestId("replay-redacted").check();
  await ask("demo");
  const both = page.getByTestId("comparison");
  await expect(both).toContainText("Answered by");
  await expect(both.locator("mark").first()).toBeVisible();
  await page.getByTestId("replay-diff").click();
  await expect(both.locator("mark")).toHaveCount(0);
  await ask("no-such-model");
  await expect(page.getByTestId("replay").getByTestId("error-notice")).toContainText("There is no model no-such-model");
  await ask("smart");
  await expect(both).toContainText("Overloaded");
});

test("what there is to choose from is asked for when a menu opens, and once", async ({ page }) => {
  const asked: string[] = [];
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (/^\/console\/(spend|overview)/.test(url.pathname)) asked.push(`${url.pathname} ${url.searchParams.get("by")}`);
  });
  await signIn(page, mockKey("busy"), "/requests");
  await expect(page.getByTestId(ROW).first()).toBeVisible();
  expect(asked).toEqual([]);
  const choose = async (model: string) => {
    await page.getByTestId("filter-model").click();
    await page.getByRole("combobox", { name: "Search: Model" }).fill(model);
    await page.getByRole("option", { name: model, exact: true }).click();
  };
  await choose("gpt-5-mini");
  await expect(page).toHaveURL(/model=gpt-5-mini/);
  // One that was not used lately is typed.
  await choose("gpt-3.5-turbo");
  await expect(page).toHaveURL(/model=gpt-3.5-turbo/);
  expect(asked).toEqual(["/console/spend model"]);
  await page.getByTestId("filter-more").click();
  await page.getByTestId("filter-project").focus();
  await expect(page.locator("datalist option[value=billing-service]")).toHaveCount(1);
  expect(asked).toEqual(["/console/spend model", "/console/spend project"]);
});
