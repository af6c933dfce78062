import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** One configuration for every package: each runs it with `vitest run --config ../../vitest.config.ts --root .`. */
export default defineConfig({
  // Workspace packages are read from their sources, so no other package has to be built first.
  resolve: { conditions: ["@ssl-vit/source"] },
  ssr: { resolve: { conditions: ["@ssl-vit/source", "module", "node", "import", "default"] } },
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: [fileURLToPath(new URL("packages/testing/src/setup.ts", import.meta.url))],
    // One worker for a package (turbo runs packages side by side), and one module graph for its files: registering the gradients is slow.
    isolate: false,
    maxWorkers: 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // register_all_gradients uses extensionless imports, which only a bundler resolves.
    server: { deps: { inline: [/tfjs-core\/dist\/(register_all_gradients|gradients)/] } },
  },
});
