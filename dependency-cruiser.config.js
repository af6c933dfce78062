import { readdirSync, readFileSync } from "node:fs";
import { browserPackages } from "@ssl-vit/config/browser-packages";

/**
 * Who may import whom. A package says its layer in its package.json ("sslVit": { "layer": "method" }); a new package needs no edit here.
 * A layer may import the layers named below it, never another one.
 */
const allowed = {
  core: [],
  engine: ["core", "engine"],
  foundation: ["core", "foundation"],
  model: ["core", "foundation", "model"],
  method: ["core", "foundation", "model"],
  runner: ["core", "foundation"],
};

const layers = new Map();
for (const name of readdirSync("packages")) {
  const layer = JSON.parse(readFileSync(`packages/${name}/package.json`, "utf8")).sslVit?.layer;
  if (layer === undefined) throw new Error(`packages/${name}/package.json has no "sslVit": { "layer": … }`);
  layers.set(layer, [...(layers.get(layer) ?? []), name]);
}
const within = (names) => `^packages/(${names.join("|")})/`;
const packagesOf = (names) => names.flatMap((layer) => layers.get(layer) ?? []);

const direction = Object.entries(allowed)
  .filter(([layer]) => layers.has(layer))
  .map(([layer, targets]) => ({
    name: `${layer}-imports-only-${targets.join("-") || "nothing"}`,
    severity: "error",
    // Tests may use the private test tools and the engine; sources may not.
    from: { path: `^packages/(${layers.get(layer).join("|")})/src/` },
    to: {
      path: "^packages/",
      // $1 is the importing package: a package may import itself.
      pathNot: ["^packages/$1/", ...(packagesOf(targets).length === 0 ? [] : [within(packagesOf(targets))])],
    },
  }));

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    ...direction,
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "browser-packages-use-no-node-module",
      severity: "error",
      // Of weights, the next rule.
      from: { path: `^packages/(${browserPackages().filter((name) => name !== "weights").join("|")})/src/` },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "weights-use-node-modules-for-files-and-folders-alone",
      severity: "error",
      from: { path: "^packages/weights/src/", pathNot: "^packages/weights/src/(local-files|write-folder)\\.ts$" },
      to: { dependencyTypes: ["core"] },
    },
    { name: "no-undeclared-dependency", severity: "error", from: { path: "^packages/[^/]+/src/" }, to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"] } },
    { name: "nothing-unresolved", severity: "error", from: {}, to: { couldNotResolve: true } },
    {
      name: "no-dumping-ground",
      severity: "error",
      from: {},
      to: { path: "(^|/)(utils?|common|helpers?|shared|types)(/|\\.[a-z]+$)", pathNot: "node_modules" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)(dist|node_modules|target)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.base.json" },
    enhancedResolveOptions: { conditionNames: ["@ssl-vit/source", "import", "node", "default"], exportsFields: ["exports"], extensions: [".ts", ".js", ".json"] },
  },
};
