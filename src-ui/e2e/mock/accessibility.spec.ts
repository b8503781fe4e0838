import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, type Page, test } from "@playwright/test";
import { mockKey, signIn } from "../helpers";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds wrong, as "rule: element". It runs through the debugger, so the content security policy holds. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    // biome-ignore lint/suspicious/noExplicitAny: injected above
    const { violations } = await (window as any).axe.run(document, { resultTypes: ["violations"] });
    // biome-ignore lint/suspicious/noExplicitAny: axe's own shapes
    return violations.flatMap(({ id, nodes }: any) =>
      // biome-ignore lint/suspicious/noExplicitAny: axe's own shapes
      nodes.map((node: any) => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary?.split("\n")[1] ?? ""}`),
    );
  });
}

const PLACES: [name: string, scenario: string, path: string, ready: string][] = [
  ["overview", "trouble", "/?range=30d", "usage-chart"],
  ["guide", "fresh", "/", "guide"],
  ["requests", "busy", "/requests", "request-row"],
  ["sessions", "busy", "/requests/sessions", "session-row"],
  ["models", "busy", "/models", "model-row"],
  ["model", "busy", "/models?open=openai/gpt-5", "price-save"],
  ["providers", "trouble", "/providers", "provider-row"],
  ["add a provider", "quiet", "/providers?add=true", "preset-openai"],
  ["keys", "busy", "/keys", "key-row"],
  ["model groups", "busy", "/models?view=groups", "deployment-row"],
  ["a deployment", "busy", "/models?view=groups&open=d-smart-1", "deployment-edit"],
  ["a new deployment", "busy", "/models?view=groups&add=true", "deployment-save"],
  ["issue a key", "busy", "/keys?issue=true", "key-name"],
  ["settings", "busy", "/settings", "vault-kind"],
  ["users", "busy", "/users", "user-row"],
  ["a user", "busy", "/users?open=u-ada", "user-usage"],
  ["add a user", "busy", "/users?new=true", "user-create"],
  ["teams", "busy", "/teams", "team-row"],
  ["a team", "busy", "/teams?open=t-research", "team-usage"],
  ["make a team", "busy", "/teams?new=true", "team-create"],
  ["organizations", "busy", "/organizations", "organization-row"],
  ["an organization", "busy", "/organizations?open=o-north", "organization-usage"],
  ["customers", "busy", "/customers", "customer-row"],
  ["budgets", "busy", "/budgets", "budget-row"],
  ["a budget", "busy", "/budgets?open=interns", "budget-used-by"],
  ["tags", "busy", "/tags", "tag-row"],
  ["a tag", "busy", "/tags?open=coding", "tag-usage"],
  ["make a tag", "busy", "/tags?new=true", "tag-create"],
  ["audit log", "busy", "/audit", "change-row"],
  ["alerts", "busy", "/alerts", "alert"],
  ["models without a price", "busy", "/models?unpriced=true", "unpriced-set"],
];

for (const colorScheme of ["light", "dark"] as const) {
  for (const [name, scenario, path, ready] of PLACES) {
    test(`${name} has no violations, ${colorScheme}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await signIn(page, mockKey(scenario), path);
      await page.getByTestId(ready).first().waitFor();
      await page.waitForTimeout(300);
      expect(await violations(page)).toEqual([]);
    });
  }

  for (const preset of ["bedrock", "vertex", "azure"]) {
    test(`the form of ${preset} has no violations, with errors and without, ${colorScheme}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await signIn(page, mockKey("quiet"), "/providers?add=true");
      await page.getByTestId(`preset-${preset}`).click();
      await page.getByTestId("provider-key").fill("{");
      expect(await violations(page)).toEqual([]);
      await page.getByTestId("provider-save").click();
      await expect(page.getByTestId("provider-key")).toHaveAttribute("aria-invalid", "true");
      expect(await violations(page)).toEqual([]);
    });
  }
}

test("the overview's table, choices and picture have no violations", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/?range=30d&by=key");
  await page.getByTestId("top-provider").getByRole("link").first().waitFor();
  await page.getByTestId("heat").waitFor();
  for (const opens of ["range-custom", "compare", "chart-share"]) {
    await page.getByTestId(opens).click();
    await page.getByRole("dialog").waitFor();
    await page.waitForTimeout(300);
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog")).toHaveCount(0);
  }
  await page.getByTestId("chart").press("End");
  await page.getByTestId("chart-tooltip").waitFor();
  expect(await violations(page)).toEqual([]);
  await page.getByTestId("chart-as-table").click();
  expect(await violations(page)).toEqual([]);
});

test("a key's drawer and its form have no violations", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/keys");
  await page.locator('[data-testid=key-row][data-name="aider"]').click();
  await page.getByTestId("key-edit").waitFor();
  await page.waitForTimeout(300);
  expect(await violations(page)).toEqual([]);
  await page.getByTestId("key-edit").click();
  await page.getByTestId("key-save").waitFor();
  expect(await violations(page)).toEqual([]);
});

test("a change, and forms with their advanced part, have no violations", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/audit");
  await page.getByTestId("change-row").first().click();
  await page.getByTestId("audit-differences").waitFor();
  await page.waitForTimeout(300);
  expect(await violations(page)).toEqual([]);
  await page.goto("./#/teams?open=t-research");
  await page.getByTestId("team-drawer-tab-settings").click();
  await page.getByTestId("team-alias-name").waitFor();
  await page.waitForTimeout(300);
  expect(await violations(page)).toEqual([]);
});
