import { existsSync } from "node:fs";
import { defineConfig } from "@playwright/test";

// Browsers are the system's: nothing is downloaded. The mock project needs a build (`npm run build`); the real project
// needs a running gateway: POSTERN_URL, POSTERN_ADMIN_KEY, and FAKE_OPENAI_URL for an upstream it may call.
const chromium =
  process.env.CHROMIUM ??
  ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => existsSync(path));
// Two checkouts that are tested at the same time need two ports.
const port = process.env.MOCK_PORT ?? "4173";
const mockUrl = `http://127.0.0.1:${port}`;
const real = process.env.POSTERN_URL;

export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results",
  // Long, since a machine that builds something else at the same time is no reason to fail; what is right is found at once.
  timeout: 90_000,
  expect: { timeout: 20_000 },
  fullyParallel: true,
  workers: 2,
  forbidOnly: Boolean(process.env.CI),
  reporter: [["list"]],
  use: {
    baseURL: `${mockUrl}/ui/`,
    viewport: { width: 1280, height: 800 },
    locale: "en-US",
    trace: "retain-on-failure",
    launchOptions: { executablePath: chromium, args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"] },
  },
  projects: [
    { name: "mock", testDir: "e2e/mock" },
    { name: "screens", testDir: "e2e/screens" },
    { name: "pictures", testDir: "e2e/pictures", use: { baseURL: `${real}/ui/` } },
    {
      name: "real",
      testDir: "e2e/real",
      fullyParallel: false,
      use: { baseURL: `${real ?? "http://127.0.0.1:4000"}/ui/` },
    },
  ],
  webServer: real
    ? undefined
    : {
        command: `npx vite preview --mode mock --host 127.0.0.1 --port ${port} --strictPort`,
        url: `${mockUrl}/ui/`,
        reuseExistingServer: !process.env.CI,
        stdout: "ignore",
      },
});
