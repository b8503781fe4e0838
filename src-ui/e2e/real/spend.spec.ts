// What the charts say is what the ledger has: the figures read off the chart are compared with the rows of the log. Needs POSTERN_URL,
// POSTERN_ADMIN_KEY and FAKE_OPENAI_URL.
import { expect, type Page, test } from "@playwright/test";
import { complaints, signIn } from "../helpers";

const gateway = process.env.POSTERN_URL ?? "";
const administrator = process.env.POSTERN_ADMIN_KEY ?? "";
const upstream = process.env.FAKE_OPENAI_URL ?? "";

test.describe.configure({ mode: "serial" });
test.skip(!gateway || !administrator || !upstream, "POSTERN_URL, POSTERN_ADMIN_KEY or FAKE_OPENAI_URL is not set");

const run = Date.now().toString(36);
const headers = { authorization: `Bearer ${administrator}` };

interface Row {
  model_group: string;
  cost_nanos: number | null;
  input_tokens: number;
  output_tokens: number;
}

async function rows(page: Page): Promise<Row[]> {
  const all: Row[] = [];
  for (let before = ""; ; ) {
    const answer = await page.request.get(`${gateway}/console/requests?limit=500${before}`, { headers });
    const found = await answer.json();
    all.push(...found.requests);
    if (!found.next) return all;
    before = `&before=${found.next}`;
  }
}

const sum = (list: Row[], value: (row: Row) => number) => list.reduce((total, row) => total + value(row), 0);
const MEASURES: [string, (row: Row) => number][] = [
  ["requests", () => 1],
  ["tokens", (row) => row.input_tokens + row.output_tokens],
  ["spend", (row) => (row.cost_nanos ?? 0) / 1e9],
];

test("figures read off the chart are those of the ledger's rows", async ({ page }) => {
  const found = complaints(page);
  for (const [name, price] of [
    [`dear-${run}`, 0.001],
    [`cheap-${run}`, 0.0001],
  ] as const) {
    const made = await page.request.post(`${gateway}/model/new`, {
      headers,
      data: {
        model_name: name,
        litellm_params: {
          model: `openai/${name}-itself`,
          api_base: upstream,
          api_key: "sk-upstream",
          input_cost_per_token: 0,
          output_cost_per_token: price,
        },
      },
    });
    expect(made.status()).toBe(200);
    for (let time = 0; time < (price > 0.0005 ? 3 : 5); time++) {
      const asked = await page.request.post(`${gateway}/v1/chat/completions`, {
        headers,
        data: { model: name, max_tokens: 20, messages: [{ role: "user", content: "Hello" }] },
      });
      expect(asked.status()).toBe(200);
    }
  }
  await signIn(page, administrator, "/requests");
  for (const [metric, value] of MEASURES) {
    await page.goto(`./#/?range=7d&by=model&metric=${metric}`);
    const table = page.getByRole("region", { name: `${metric} as a table` });
    // It stays a table from one measure to the next.
    if (metric === MEASURES[0]![0]) await page.getByTestId("chart-as-table").click();
    await expect(table.locator("tbody tr")).toHaveCount(7);
    const ledger = await rows(page);
    // The exact figure is in the title of each cell; the first column is of all models.
    const figures = await table
      .locator("tbody tr td:nth-child(2)")
      .evaluateAll((cells) => cells.map((cell) => cell.getAttribute("title") ?? ""));
    const shown = figures.reduce((total, text) => total + Number(text.replace(/[^0-9.]/g, "") || 0), 0);
    expect(shown, `${metric}: ${figures.join(" | ")}`).toBeCloseTo(sum(ledger, value), metric === "spend" ? 4 : 0);
  }
  expect(found).toEqual([]);
});
