// Writes what every published package exports as HTML into docs/api: `pnpm run docs:api`. A warning is an error: a link that leads nowhere, a type that is
// used and not exported, an export without a word on it.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Application, Comment, LogLevel } from "typedoc";
import { keepAxes } from "./keep-axes.js";
import { layersFromAbove } from "./package-graph.js";

const at = (/** @type {string} */ path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/**
 * What can be imported of the published packages.
 *
 * @typedef {object} PublishedModule
 * @property {string} name as it is imported
 * @property {string} packageName
 * @property {string} folder
 * @property {string} description
 */

/** By the path of its source; what threads start (`@ssl-vit/data/worker`) has none. @returns {Map<string, PublishedModule>} */
function publishedModules() {
  const modules = new Map();
  for (const folder of readdirSync(at("packages"))) {
    const manifest = at(`packages/${folder}/package.json`);
    if (!existsSync(manifest)) continue;
    const { name, private: isPrivate = false, exports = {}, description } = JSON.parse(readFileSync(manifest, "utf8"));
    for (const [subpath, { "@ssl-vit/source": source }] of isPrivate ? [] : Object.entries(exports)) {
      if (source !== undefined) modules.set(at(`packages/${folder}/${source}`), { name: name + subpath.slice(1), packageName: name, folder, description: subpath === "." ? description : `Of ${name}, by itself.` });
    }
  }
  return modules;
}

/** Types that are used and not exported, for they are short names of pairs, or parts of a type that nobody else needs. One that is not used any more is a warning. */
const inner = Object.entries({
  "@ssl-vit/backend-native/src/native-backend.ts": ["ArrayOf", "Fresh"],
  "@ssl-vit/core/src/axes.ts": ["RankByCount", "Words"],
  "@ssl-vit/core/src/random.ts": ["Block"],
  "@ssl-vit/core/src/view-policy.ts": ["Range"],
  "@ssl-vit/diagnose/src/diagnosis-pages.ts": ["titles"],
  "@ssl-vit/dinov2/src/dinov2.ts": ["Dinov2Metric"],
  "@ssl-vit/engine/src/machine.ts": ["Memory", "Processor"],
  "@ssl-vit/eval/src/classifier-labels.ts": ["Labelled"],
  "@ssl-vit/eval/src/overlap-of.ts": ["Digested"],
  "@ssl-vit/eval/src/summarize-robustness.ts": ["Scored"],
  "@ssl-vit/heads/src/distillation-pair.ts": ["Heads"],
  "@ssl-vit/heads/src/projected-encoder.ts": ["ViewGroups"],
  "@ssl-vit/ibot/src/ibot.ts": ["IbotMetric"],
  "@ssl-vit/nn/src/activations.ts": ["activations"],
  "@ssl-vit/optim/src/complete-recipe.ts": ["defaults"],
  "@ssl-vit/safetensors/src/from-float32.ts": ["FloatArrays"],
  "@ssl-vit/testing/src/clipped-ones.ts": ["CreateOptimizer"],
  "@ssl-vit/vit/src/resampling-matrix.ts": ["GridSize"],
  "@ssl-vit/vit/src/vit-options.ts": ["OptionalInConfig"],
  "@ssl-vit/weights/src/encoder-files.ts": ["forms"],
}).flatMap(([file, names]) => names.map((name) => `${file}:${name}`));

const modules = publishedModules();
const packageNames = [...new Set([...modules.values()].map(({ packageName }) => packageName))];
const app = await Application.bootstrapWithPlugins({
  name: "ssl-vit",
  entryPoints: [...modules.keys()],
  tsconfig: at("benchmarks/readme/tsconfig.api.json"),
  basePath: at("."),
  out: at("docs/api"),
  readme: "none",
  hideGenerator: true,
  // So that a page of a module says a line of each of its names.
  useFirstParagraphOfCommentAsSummary: true,
  // Addresses are links, names of files (main_vicreg.py) are not.
  markdownItLoader: (/** @type {{ linkify: { set(options: object): void } }} */ parser) => { parser.linkify.set({ fuzzyLink: false, fuzzyEmail: false }); },
  logLevel: LogLevel.Warn,
  // `pnpm run typecheck` does it.
  skipErrorChecking: true,
  packagesRequiringDocumentation: packageNames,
  requiredToBeDocumented: ["Class", "Function", "Interface", "Method", "TypeAlias", "Variable"],
});

keepAxes(app);
/** Each module under the name that it is imported by. */
const entryPoints = app.getEntryPoints()?.map((entryPoint) => ({ ...entryPoint, displayName: modules.get(entryPoint.sourceFile.fileName)?.name ?? entryPoint.displayName }));
const project = app.converter.convert(entryPoints ?? []);
// Options that a function takes apart in its head.
for (const reflection of Object.values(project.reflections)) if (reflection.name === "__namedParameters") reflection.name = "options";
const pages = new Map((project.children ?? []).map((page) => [page.name, page]));

/** The first page: the packages by layer, from above to below. @type {import("typedoc").CommentDisplayPart[]} */
const index = [{ kind: "text", text: "What the packages export. Each has a README with an example and tables of its options; how they fit together is in `ARCHITECTURE.md`.\n" }];
for (const [layer, meaning, folders] of layersFromAbove()) {
  const own = [...modules.values()].filter(({ folder }) => folders.includes(folder));
  if (own.length > 0) index.push({ kind: "text", text: `\n## ${layer}\n${meaning}\n\n` });
  for (const { name, description } of own) {
    const page = pages.get(name);
    if (page === undefined) throw new Error(`[readme] ${name}: expected a page of its own, received none. Its source has to be in benchmarks/readme/tsconfig.api.json.`);
    page.comment ??= new Comment([{ kind: "text", text: description }]);
    index.push({ kind: "text", text: "- " }, { kind: "inline-tag", tag: "@link", text: name, target: page }, { kind: "text", text: `: ${description}\n` });
  }
}
project.readme = index;

const checks = { invalidLink: true, invalidPath: true, notDocumented: true, rewrittenLink: true, unusedMergeModuleWith: true };
app.options.setValue("validation", { ...checks, notExported: false });
app.validate(project);
// Types that are used and not exported are only looked for in the package that the project is.
app.options.setValue("validation", { ...Object.fromEntries(Object.keys(checks).map((name) => [name, false])), notExported: true });
const { packageName } = project;
for (const name of packageNames) {
  project.packageName = name;
  app.options.setValue("intentionallyNotExported", inner.filter((type) => type.startsWith(`${name}/`)));
  app.validate(project);
}
if (packageName === undefined) delete project.packageName;
else project.packageName = packageName;
await app.generateOutputs(project);
const { errorCount, warningCount } = app.logger;
process.exitCode = errorCount + warningCount === 0 ? 0 : 1;
const { userCPUTime, maxRSS } = process.resourceUsage();
process.stderr.write(`docs/api: ${modules.size} modules, ${warningCount} warnings; ${Math.round(userCPUTime / 1e6)} s of processor time, ${Math.round(maxRSS / 1024)} MB\n`);
