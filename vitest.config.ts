import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const setUp = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** One configuration for every package: each runs it with `vitest run --config ../../vitest.config.ts --root .`. */
export default defineConfig({
  // Workspace packages are read from their sources, so no other package has to be built first.
  resolve: { conditions: ["@ssl-vit/source"] },
  ssr: { resolve: { conditions: ["@ssl-vit/source", "module", "node", "import", "default"] } },
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: [
      setUp("packages/testing/src/setup.ts"),
      // SSL_VIT_TEST_ENGINE=tensorflow runs the tests on that engine in place of tfjs's JavaScript backend.
      ...(process.env["SSL_VIT_TEST_ENGINE"] === undefined ? [] : [setUp("packages/engine/test/start-test-engine.ts")]),
    ],
    // One worker for a package (turbo runs packages side by side), and one module graph for its files: registering the gradients is slow.
    isolate: false,
    maxWorkers: 1,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // register_all_gradients uses extensionless imports, which only a bundler resolves.
    server: { deps: { inline: [/tfjs-core\/dist\/(register_all_gradients|gradients)/] } },
  },
});
