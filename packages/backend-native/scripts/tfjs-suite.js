// Runs the test suite that @tensorflow/tfjs-core ships (dist/**/*_test.js) on this backend: `node scripts/tfjs-suite.js [backend]`.
// The files use extensionless imports, so they are bundled first, together with this package's sources.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import Jasmine from "jasmine";

const backend = process.argv[2] ?? "native";
const path = (relative) => fileURLToPath(new URL(`../${relative}`, import.meta.url));
const core = createRequire(import.meta.url).resolve("@tensorflow/tfjs-core/package.json").replace(/package\.json$/, "dist");
const bundle = path("runs/tfjs-suite.mjs");

await build({
  stdin: {
    contents: `
      import "@tensorflow/tfjs-core";
      import "${core}/public/chained_ops/register_all_chained_ops";
      import "${core}/register_all_gradients";
      import "@tensorflow/tfjs-backend-cpu";
      import "./src/index.ts";
      import "environment:";
      import "${core}/tests";
    `,
    resolveDir: path("."),
  },
  plugins: [
    {
      name: "environment",
      setup({ onResolve, onLoad }) {
        // One copy of tfjs-core for the tests, the backends and this package.
        onResolve({ filter: /^@tensorflow\/tfjs-core$/ }, () => ({ path: `${core}/index.js` }));
        onResolve({ filter: /^environment:$/ }, (request) => ({ path: request.path, namespace: "environment" }));
        onLoad({ filter: /.*/, namespace: "environment" }, () => ({
          contents: `
            import { setTestEnvs } from "${core}/jasmine_util";
            setTestEnvs([{ name: "${backend}", backendName: "${backend}", flags: {}, isDataSync: true }]);
          `,
          resolveDir: path("."),
        }));
      },
    },
  ],
  outfile: bundle,
  bundle: true,
  format: "esm",
  platform: "node",
  conditions: ["@ssl-vit/source"],
  mainFields: ["module", "main"],
  // The package says that its files have no side effects; the tests are nothing but side effects.
  ignoreAnnotations: true,
  banner: { js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);' },
  logLevel: "error",
});

const jasmine = new Jasmine();
jasmine.loadConfig({ spec_files: [bundle], random: false });
// The last line of output must be the verdict: exit only when all of it is written.
jasmine.exitOnCompletion = true;
await jasmine.execute();
