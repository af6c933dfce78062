import { browserPackages } from "@ssl-vit/config/browser-packages";
import { allowedImports, packageLayers } from "@ssl-vit/config/layers";

const layers = [...packageLayers()];
/** Folders of the packages of some layers. */
const packagesOf = (names) => layers.filter(([, layer]) => names.includes(layer)).map(([name]) => name);
const within = (names) => `^packages/(${packagesOf(names).join("|")})/`;

const direction = Object.entries(allowedImports)
  .filter(([layer]) => packagesOf([layer]).length > 0)
  .map(([layer, targets]) => ({
    name: `${layer}-imports-only-${targets.join("-") || "nothing"}`,
    severity: "error",
    // Tests may use the private test tools and the engine; sources may not.
    from: { path: `${within([layer])}src/` },
    to: {
      path: "^packages/",
      // $1 is the importing package: a package may import itself.
      pathNot: ["^packages/$1/", ...(packagesOf(targets).length === 0 ? [] : [within(targets)])],
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
