import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // The plain JavaScript engine, tfjs's gradients, and `toBeAllClose`.
    setupFiles: ["@ssl-vit/testing/setup"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // tfjs registers its gradients by imports without extensions, which only a bundler resolves.
    server: { deps: { inline: [/@ssl-vit\/testing/, /tfjs-core\/dist\/(register_all_gradients|gradients)/] } },
  },
});
