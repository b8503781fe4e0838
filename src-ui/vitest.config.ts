import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}", "mock/**/*.test.ts"],
    setupFiles: ["src/test/setup.ts"],
    // Figures are asserted as an American reader sees them, wherever the tests run.
    env: { TZ: "UTC", LANG: "en_US.UTF-8" },
  },
});
