import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** What /config.json says while developing: `make web` gives it. A deployment has a file of that name. */
const configFromEnvironment: Plugin = {
  name: "seatwise-config",
  configureServer(server) {
    server.middlewares.use("/config.json", (_request, response) => {
      response.setHeader("Content-Type", "application/json");
      response.end(process.env["SEATWISE_WEB_CONFIG"] ?? "{}");
    });
  },
};

export default defineConfig({
  plugins: [react(), configFromEnvironment],
  server: { host: "127.0.0.1", strictPort: true },
  build: { target: "es2022", sourcemap: false, chunkSizeWarningLimit: 1200 },
  test: { environment: "jsdom", include: ["tests/**/*.test.{ts,tsx}"], globals: false, testTimeout: 20_000 },
});
