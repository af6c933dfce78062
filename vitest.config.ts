import { existsSync, mkdirSync, renameSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { defineConfig } from "vitest/config";

const GRADIENTS = "@tensorflow/tfjs-core/dist/register_all_gradients.js";

/**
 * tfjs's gradients as one file, as the engine's package has them: they are a hundred files whose imports have no extensions, which only a bundler resolves, and Vite
 * would take seconds for that in each package. Made once for a version.
 */
function bundledGradients(): string {
  const { resolve } = createRequire(new URL("packages/testing/package.json", import.meta.url));
  const { version } = createRequire(import.meta.url)(resolve("@tensorflow/tfjs-core/package.json")) as { version: string };
  const folder = fileURLToPath(new URL("node_modules/.cache/ssl-vit/", import.meta.url));
  const bundle = `${folder}tfjs-gradients-${version}.mjs`;
  if (!existsSync(bundle)) {
    mkdirSync(folder, { recursive: true });
    // Another package may be at it too: each writes a file of its own, whole before it has the name.
    const unfinished = `${bundle}.${process.pid}`;
    buildSync({ entryPoints: [resolve(GRADIENTS)], bundle: true, format: "esm", platform: "node", outfile: unfinished });
    renameSync(unfinished, bundle);
  }
  return bundle;
}

const setUp = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** One configuration for every package: each runs it with `vitest run --config ../../vitest.config.ts --root .`. */
export default defineConfig({
  // Workspace packages are read from their sources, so no other package has to be built first.
  resolve: { conditions: ["@ssl-vit/source"], alias: { [GRADIENTS]: bundledGradients() } },
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
  },
});
