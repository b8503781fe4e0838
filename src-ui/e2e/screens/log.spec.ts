// Pictures of the log, its detail and what belongs to spend elsewhere.
import { type Page, test } from "@playwright/test";
import { mockKey, signIn } from "../helpers";

const OUT = "e2e/screens/out";
type Act = (page: Page) => Promise<unknown>;

const first: Act = (page) => page.getByTestId("request-row").first().click();
const down: (testid: string) => Act = (testid) => async (page) => {
  await first(page);
  await page.getByTestId(testid).first().scrollIntoViewIfNeeded();
};

const SHOTS: Record<string, { scenario?: string; path: string; act?: Act }> = {
  sessions: { path: "/requests/sessions", act: (page) => page.getByTestId("session-row").first().waitFor() },
  "sessions-empty": { scenario: "quiet", path: "/requests/sessions" },
  "sessions-loading": { scenario: "slow", path: "/requests/sessions" },
  "sessions-failing": {
    scenario: "failing",
    path: "/requests/sessions",
    act: (page) => page.getByTestId("error-notice").waitFor(),
  },
  "log-session": {
    path: "/requests/sessions?search=postern",
    act: async (page) => {
      await page.getByTestId("session-row").first().click();
      await page.getByTestId("session-card").waitFor();
    },
  },
  "log-session-long": {
    path: "/requests/sessions?search=evaluation",
    act: async (page) => {
      await page.getByTestId("session-row").first().click();
      await page.getByTestId("session-card").waitFor();
    },
  },
  "log-detail": { path: "/requests?provider=anthropic&status=ok", act: first },
  "log-failed-over": {
    path: "/requests?status=ok",
    act: async (page) => {
      await page.getByTestId("request-row").first().waitFor();
      const rows = await page.request
        .get(new URL("/console/requests?limit=500&status=ok", page.url()).href, {
          headers: { authorization: `Bearer ${await page.evaluate(() => sessionStorage.getItem("shot-key"))}` },
        })
        .then((answer) => answer.json());
      const id = rows.requests.find((row: { attempts: number }) => row.attempts > 1)?.id;
      await page.goto(`./#/requests?status=ok&open=${id}`);
      await page.getByTestId("waterfall").waitFor();
    },
  },
  "log-error": { path: "/requests?search=Overloaded&status=error", act: first },
  "log-covered": { path: "/requests?billing=subscription", act: first },
  "log-filters": {
    path: "/requests?project=postern&billing=api&user_id=u-ada",
    act: (page) => page.getByTestId("filter-more").click(),
  },
  "log-bodies": { path: "/requests?q=nightly&provider=anthropic&status=ok", act: down("bodies") },
  "log-not-live": {
    path: "/requests?q=nightly&organization_id=o-north",
    act: async (page) => {
      await page.getByTestId("not-live").waitFor();
      await page.request.post(new URL("/__mock/traffic", page.url()).href, {
        headers: { authorization: `Bearer ${await page.evaluate(() => sessionStorage.getItem("shot-key"))}` },
        data: { count: 12 },
      });
      await page.getByTestId("not-live-unread").waitFor();
    },
  },
  "log-not-kept": { path: "/requests?provider=ollama", act: down("bodies-none") },
  "log-replay": {
    path: "/requests?q=nightly&provider=anthropic&status=ok",
    act: async (page) => {
      await first(page);
      await page.getByTestId("replay-open").click();
      await page.getByTestId("replay-model").click();
      await page.getByRole("combobox").fill("demo");
      await page.keyboard.press("Enter");
      const tick = page.getByTestId("replay-redacted");
      if (await tick.isVisible()) await tick.check();
      await page.getByTestId("replay-ask").click();
      await page.getByTestId("comparison").waitFor();
    },
  },
  "prices-unpriced": {
    path: "/models?unpriced=true",
    act: (page) => page.getByTestId("unpriced-set").first().waitFor(),
  },
  "prices-rerate": {
    path: "/models?unpriced=true",
    act: async (page) => {
      await page.getByTestId("unpriced-set").first().click();
      await page.getByTestId("price-input").fill("0.6");
      await page.getByTestId("price-output").fill("2.5");
      await page.getByTestId("unpriced-save").click();
      await page.getByTestId("rerate-words").waitFor();
    },
  },
  "prices-changed": {
    path: "/models?open=openai/gpt-5",
    act: async (page) => {
      await page.getByTestId("price-input").fill("0.5");
      await page.getByTestId("price-save").click();
      await page.getByTestId("rerate-words").waitFor();
    },
  },
  "provider-billing": {
    path: "/providers",
    act: async (page) => {
      await page.getByTestId("provider-menu").first().click();
      await page.getByTestId("provider-edit").click();
      await page.getByText("Billing: flat rate, discount or mark-up").click();
    },
  },
  "key-keeping": {
    path: "/keys?q=aider",
    act: async (page) => {
      await page.getByTestId("key-row").first().click();
      await page.getByTestId("key-edit").click();
      await page.getByTestId("key-redact_patterns").scrollIntoViewIfNeeded();
    },
  },
  alerts: { path: "/alerts", act: (page) => page.getByTestId("alert").first().waitFor() },
  "alerts-empty": { scenario: "quiet", path: "/alerts" },
  bell: { path: "/providers", act: (page) => page.getByTestId("bell").waitFor() },
  "log-time": { path: "/requests", act: (page) => page.getByTestId("filter-time").click() },
};

for (const size of [
  { name: "wide", width: 1280, height: 900 },
  { name: "phone", width: 390, height: 844 },
]) {
  for (const theme of ["light", "dark"] as const) {
    for (const [name, shot] of Object.entries(SHOTS)) {
      test(`${name} ${size.name} ${theme}`, async ({ page }) => {
        await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
        await page.setViewportSize(size);
        const key = mockKey(shot.scenario ?? "busy");
        await signIn(page, key, shot.path);
        await page.evaluate((value) => sessionStorage.setItem("shot-key", value), key);
        await shot.act?.(page);
        await page.waitForTimeout(500);
        await page.screenshot({ path: `${OUT}/${name}-${size.name}-${theme}.png` });
      });
    }
  }
}
