import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** What the development server hands on. */
const GATEWAY = [
  "/console",
  "/key",
  "/model",
  "/access_group",
  "/user",
  "/team",
  "/organization",
  "/budget",
  "/customer",
  "/tag",
  "/audit",
  "/invitation",
  "/onboarding",
  "/sso",
  "/v1",
  "/v2",
];

// The build is served by the gateway at /ui/ and by the native window from its own asset protocol, so every asset URL
// is relative. `--mode mock` answers the API from mock/ instead of a gateway.
export default defineConfig(async ({ mode }) => {
  const mock = mode === "mock" ? [(await import("./mock/plugin.ts")).mockGateway()] : [];
  const gateway = process.env.POSTERN_URL ?? "http://127.0.0.1:4000";
  const toGateway = { target: gateway, changeOrigin: true, headers: { origin: gateway } };
  return {
    base: "./",
    plugins: [react(), tailwindcss(), ...mock],
    resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
    server: {
      host: "127.0.0.1",
      port: 5173,
      // The application's icon lies beside the other icons.
      fs: { allow: [".", "../icons"] },
      proxy: mode === "mock" ? undefined : Object.fromEntries(GATEWAY.map((path) => [path, toGateway])),
    },
    build: {
      target: ["es2022", "safari17"],
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 700,
      // Inlined assets would be data: URLs, which a strict CSP refuses.
      assetsInlineLimit: 0,
    },
  };
});
