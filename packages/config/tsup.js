import { defineConfig } from "tsup";

/** How every published package is built: ESM, one rolled-up declaration file, source maps. */
export default defineConfig({
  entry: ["src/index.ts"],
  format: ["esm"],
  target: "node20",
  platform: "neutral",
  dts: { compilerOptions: { noEmit: false } },
  sourcemap: true,
  clean: true,
  treeshake: true,
  silent: true,
});
