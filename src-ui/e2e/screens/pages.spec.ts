// Pictures of every page in both themes and two sizes, for looking at: `npm run screens`, then e2e/screens/out/.
import { expect, type Page, test } from "@playwright/test";
import { mockKey, signIn } from "../helpers";

const OUT = "e2e/screens/out";
const SIZES = [
  { name: "wide", width: 1280, height: 800 },
  { name: "phone", width: 390, height: 844 },
];

async function settle(page: Page) {
  await page.evaluate(() => document.fonts.ready);
  await page.waitForTimeout(350);
}

const drawn = (page: Page) => page.locator("[data-chart] [data-series]").first().waitFor({ state: "attached" });

/** All of a page that is longer than the window: the window grows. */
async function whole(page: Page) {
  await drawn(page);
  await page.getByTestId("heat").waitFor();
  await page.locator("[data-testid=top-provider] a").first().waitFor();
  const size = page.viewportSize()!;
  const main = await page.evaluate(() => Math.max(...[...document.querySelectorAll("*")].map((e) => e.scrollHeight)));
  await page.setViewportSize({ width: size.width, height: main + 40 });
}

for (const size of SIZES) {
  for (const theme of ["light", "dark"] as const) {
    const shots: Record<string, { scenario: string; path: string; act?: (page: Page) => Promise<unknown> }> = {
      overview: {
        scenario: "busy",
        path: "/?range=7d",
        act: whole,
      },
      "overview-today": { scenario: "busy", path: "/", act: drawn },
      "overview-30d": { scenario: "trouble", path: "/?range=30d", act: whole },
      "overview-year": { scenario: "busy", path: "/?range=365d&by=tool&metric=tokens", act: drawn },
      "overview-many": { scenario: "many", path: "/?range=90d", act: drawn },
      "overview-long-names": { scenario: "busy", path: "/?range=30d&by=user", act: drawn },
      "overview-projects": { scenario: "busy", path: "/?range=30d&by=project", act: whole },
      "overview-by": {
        scenario: "busy",
        path: "/?range=30d&by=end_user",
        act: async (p) => {
          await drawn(p);
          await p.getByTestId("by").click();
        },
      },
      "overview-hover": {
        scenario: "busy",
        path: "/?range=30d",
        act: async (p) => {
          await drawn(p);
          const box = (await p.getByTestId("chart").boundingBox())!;
          await p.mouse.move(box.x + box.width * 0.6, box.y + box.height - 40);
        },
      },
      "overview-custom": {
        scenario: "busy",
        path: "/?range=7d",
        act: async (p) => {
          await drawn(p);
          await p.getByTestId("range-custom").click();
        },
      },
      "overview-compare": {
        scenario: "busy",
        path: "/?range=7d",
        act: async (p) => {
          await drawn(p);
          await p.getByTestId("compare").click();
        },
      },
      "overview-share": {
        scenario: "busy",
        path: "/?range=30d&by=key",
        act: async (p) => {
          await drawn(p);
          await p.getByTestId("chart-share").click();
          await p.getByTestId("picture").waitFor();
        },
      },
      "overview-table": {
        scenario: "busy",
        path: "/?range=7d",
        act: (p) => p.getByTestId("chart-as-table").click(),
      },
      "requests-span": {
        scenario: "busy",
        path: `/requests?from=${Date.now() - 86_400_000 * 2}&to=${Date.now() - 86_400_000}`,
        act: (p) => p.getByTestId("request-row").first().waitFor(),
      },
      "overview-quiet": { scenario: "quiet", path: "/" },
      "overview-slow": { scenario: "slow", path: "/" },
      "overview-failing": {
        scenario: "failing",
        path: "/",
        act: (p) => p.getByTestId("error-notice").first().waitFor(),
      },
      guide: { scenario: "fresh", path: "/" },
      "guide-call": {
        scenario: "fresh",
        path: "/",
        act: async (p) => {
          await p.getByTestId("guide-use-demo").click();
          await p.getByTestId("guide-issue-key").click();
          await p.getByTestId("guide-curl").waitFor();
        },
      },
      requests: { scenario: "busy", path: "/requests", act: (p) => p.getByTestId("request-row").first().waitFor() },
      "requests-detail": {
        scenario: "busy",
        path: "/requests",
        act: async (p) => {
          await p.getByTestId("request-row").nth(3).click();
          await p.getByTestId("request-id").waitFor();
        },
      },
      "requests-error": {
        scenario: "busy",
        path: "/requests?status=error",
        act: async (p) => {
          await p.getByTestId("request-row").nth(1).click();
          await p.getByTestId("request-error").waitFor();
        },
      },
      "requests-empty": { scenario: "quiet", path: "/requests" },
      "requests-slow": { scenario: "slow", path: "/requests" },
      models: { scenario: "busy", path: "/models", act: (p) => p.getByTestId("model-row").first().waitFor() },
      "models-detail": {
        scenario: "busy",
        path: "/models?open=anthropic/claude-sonnet-4-5",
        act: (p) => p.getByTestId("price-save").waitFor(),
      },
      groups: {
        scenario: "busy",
        path: "/models?view=groups",
        act: (p) => p.getByTestId("deployment-row").first().waitFor(),
      },
      "groups-empty": {
        scenario: "quiet",
        path: "/models?view=groups",
        act: (p) => p.getByTestId("groups-teach").waitFor(),
      },
      "groups-detail": {
        scenario: "busy",
        path: "/models?view=groups&open=d-smart-1",
        act: (p) => p.getByTestId("deployment-edit").waitFor(),
      },
      "groups-file": {
        scenario: "busy",
        path: "/models?view=groups&open=config-0-fast",
        act: (p) => p.getByTestId("deployment-readonly").waitFor(),
      },
      "groups-edit": {
        scenario: "busy",
        path: "/models?view=groups&open=d-smart-1",
        act: (p) => p.getByTestId("deployment-edit").click(),
      },
      "groups-add": {
        scenario: "busy",
        path: "/models?view=groups&add=true",
        act: (p) => p.getByTestId("deployment-save").click(),
      },
      "groups-remove": {
        scenario: "busy",
        path: "/models?view=groups&open=d-local",
        act: (p) => p.getByTestId("deployment-remove").click(),
      },
      "groups-access": {
        scenario: "busy",
        path: "/models?view=groups",
        act: async (p) => {
          await p.getByTestId("access-groups").click();
          await p.getByTestId("access-group").first().waitFor();
        },
      },
      "models-none": { scenario: "busy", path: "/models?q=zzzz" },
      providers: {
        scenario: "trouble",
        path: "/providers",
        act: (p) => p.getByTestId("provider-row").first().waitFor(),
      },
      "providers-empty": { scenario: "quiet", path: "/providers" },
      "providers-add": {
        scenario: "quiet",
        path: "/providers?add=true",
        act: (p) => p.getByTestId("preset-openai").waitFor(),
      },
      "providers-form": {
        scenario: "quiet",
        path: "/providers?add=true",
        act: async (p) => {
          await p.getByTestId("preset-openai").click();
          await p.getByTestId("provider-key").fill("sk-wrong");
          await p.getByTestId("provider-test-draft").click();
          await p.getByTestId("test-result").waitFor();
        },
      },
      "providers-cloud": {
        scenario: "quiet",
        path: "/providers?add=true",
        act: async (p) => {
          await p.getByTestId("preset-vertex").click();
          await p
            .getByTestId("provider-key")
            .fill('{\n  "client_email": "gateway@my-project.iam.gserviceaccount.com"\n}');
          await p.getByTestId("provider-save").click();
          await p.getByText("Project is needed.").waitFor();
        },
      },
      "providers-identity": {
        scenario: "quiet",
        path: "/providers?add=true",
        act: async (p) => {
          await p.getByTestId("preset-azure").click();
          await p.getByTestId("setting-identity").click();
          await p.getByRole("option").first().waitFor();
        },
      },
      keys: { scenario: "busy", path: "/keys", act: (p) => p.getByTestId("key-row").first().waitFor() },
      "keys-many": { scenario: "many", path: "/keys", act: (p) => p.getByTestId("key-row").first().waitFor() },
      "keys-drawer": {
        scenario: "busy",
        path: "/keys",
        act: async (p) => {
          await p.locator('[data-testid=key-row][data-name="aider"]').click();
          await p.getByTestId("key-edit").waitFor();
        },
      },
      "keys-drawer-long": {
        scenario: "busy",
        path: "/keys",
        act: async (p) => {
          await p.getByTestId("key-row").filter({ hasText: "opencode" }).click();
          await p.getByTestId("key-edit").waitFor();
        },
      },
      "keys-edit": {
        scenario: "busy",
        path: "/keys",
        act: async (p) => {
          await p.getByTestId("key-row").filter({ hasText: "deployment pipeline" }).click();
          await p.getByTestId("key-edit").click();
          await p.getByText("More to spend, for a while").click();
        },
      },
      "keys-more": {
        scenario: "busy",
        path: "/keys?issue=true",
        act: async (p) => {
          await p.getByTestId("key-name").fill("laptop");
          await p.getByText("More: owner").click();
          await p.getByTestId("key-rotate").click();
        },
      },
      "keys-secret": {
        scenario: "busy",
        path: "/keys",
        act: async (p) => {
          await p.locator('[data-testid=key-row][data-name="aider"]').click();
          await p.getByTestId("key-regenerate").click();
        },
      },
      "keys-none": { scenario: "busy", path: "/keys?q=zzzz", act: (p) => p.getByTestId("keys-none").waitFor() },
      "keys-slow": { scenario: "slow", path: "/keys" },
      "keys-empty": { scenario: "quiet", path: "/keys" },
      "keys-issue": { scenario: "busy", path: "/keys?issue=true" },
      "keys-issued": {
        scenario: "busy",
        path: "/keys?issue=true",
        act: async (p) => {
          await p.getByTestId("key-name").fill("laptop");
          await p.getByTestId("key-issue-submit").click();
          await p.getByTestId("issued-key-value").waitFor();
        },
      },
      "keys-revoke": {
        scenario: "busy",
        path: "/keys",
        act: async (p) => {
          await p.getByTestId("key-menu").first().click();
          await p.getByTestId("key-revoke").click();
        },
      },
      settings: { scenario: "trouble", path: "/settings" },
      palette: {
        scenario: "busy",
        path: "/keys",
        act: async (p) => {
          await p.keyboard.press("Control+k");
          await p.getByTestId("palette-input").fill("sonnet");
        },
      },
    };
    for (const [name, { scenario, path, act }] of Object.entries(shots)) {
      test(`${name} ${size.name} ${theme}`, async ({ browser, baseURL }) => {
        const context = await browser.newContext({ viewport: size, colorScheme: theme, baseURL, locale: "en-US" });
        const page = await context.newPage();
        await signIn(page, mockKey(scenario), path);
        await act?.(page);
        await settle(page);
        await page.screenshot({ path: `${OUT}/${name}-${size.name}-${theme}.png` });
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(size.width);
        await context.close();
      });
    }
    test(`sign-in ${size.name} ${theme}`, async ({ browser, baseURL }) => {
      const context = await browser.newContext({ viewport: size, colorScheme: theme, baseURL, locale: "en-US" });
      const page = await context.newPage();
      await page.goto("./");
      await page.getByTestId("sign-in-key").fill("sk-nobody");
      await page.getByTestId("sign-in-submit").click();
      await settle(page);
      await page.screenshot({ path: `${OUT}/sign-in-${size.name}-${theme}.png` });
      await context.close();
    });
  }
}
