// The user of one method, as packages/mae/README.md tells them to begin: its install line, its example, its types.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bytesOf, installedIn, nameOf } from "./installed-packages.js";
import { writePhotos } from "./photos.js";
import { runCommand } from "./run-command.js";
import { expectedEngine, makeProject } from "./user-project.js";

const README = "packages/mae/README.md";
/** Steps of the example that are trained: the loss falls with these already. */
export const STEPS = 20;
const SCRIPT_LINES = 20;
const compiler = createRequire(import.meta.url).resolve("typescript/bin/tsc");

/** What a README of a method tells its users. @param {string} text @returns {{ install: [string, ...string[]], example: string }} */
export function readmeOf(text) {
  const install = /^ {4}(npm install .+)$/m.exec(text)?.[1];
  const example = /^```ts\n([\s\S]*?)^```/m.exec(text)?.[1];
  if (install === undefined || example === undefined) throw new Error(`[install] ${README}: expected an indented line "npm install …" and a block of ts, received ${install === undefined ? "no such line" : "no such block"}.`);
  return { install: /** @type {[string, ...string[]]} */ (install.split(" ")), example };
}

/** The README's example, for fewer steps, and which engine it ran on. @param {string} example */
export const scriptOf = (example) =>
  `import { getBackend } from "@tensorflow/tfjs-core";\n${example.replace(/steps: \d+ \}/, `steps: ${STEPS} }`)}console.log("engine", getBackend());\n`;

/** Refuses what must not be in a user's node_modules. @param {Record<string, import("./installed-packages.js").Installed>} installed @param {(name: string) => string} read manifests @param {readonly string[]} methods that may be there */
export function refuseSurprises(installed, read, methods) {
  const scripted = Object.entries(installed).filter(([, { hasInstallScript }]) => hasInstallScript === true).map(([place]) => nameOf(place));
  if (scripted.length > 0) throw new Error(`[install] install scripts: expected none, received those of ${scripted.join(", ")}.`);
  const found = Object.keys(installed).map(nameOf).filter((name) => name.startsWith("@ssl-vit/") && JSON.parse(read(name)).keywords?.includes("ssl-vit-method"));
  const others = found.filter((name) => !methods.includes(name));
  if (others.length > 0) throw new Error(`[install] methods: expected ${methods.join(", ")} alone, received also ${others.join(", ")}.`);
}

/** The losses that the example printed, and the engine. @param {string} output */
export function trainingOf(output) {
  const losses = [...output.matchAll(/^\d+ (\S+)$/gm)].map(([, loss]) => Number(loss));
  const engine = /^engine (.+)$/m.exec(output)?.[1];
  const [first, last] = [losses[0], losses.at(-1)];
  if (losses.length !== STEPS || !losses.every(Number.isFinite)) throw new Error(`[install] the README's example: expected ${STEPS} losses, received\n${output}`);
  if (!(/** @type {number} */ (last) < /** @type {number} */ (first))) throw new Error(`[install] the README's example: expected a loss that falls, received ${first} first and ${last} last.`);
  return { engine, firstLoss: first, lastLoss: last };
}

/**
 * What TypeScript has against the example, our declarations or the project itself. Errors within TensorFlow.js's declarations are passed over, as by a project's skipLibCheck, which it needs:
 * its @webgpu/types declare what TypeScript 6 declares too.
 *
 * @param {{ code: number, output: string }} ran of the compiler
 */
export function typeProblems({ code, output }) {
  const lines = output.split("\n").filter((text) => text.trim() !== "" && !text.startsWith(" "));
  // Of TypeScript's own declarations, which clash with those, the path is wherever it is installed.
  const problems = lines.filter((text) => !/^(node_modules\/(@webgpu|@tensorflow)\/|.*\/typescript\/lib\/lib\.dom\.d\.ts\()/.test(text));
  return code !== 0 && lines.length === 0 ? [`exit code ${code}`] : problems;
}

/** Options of TypeScript in two sorts of projects. */
const resolutions = [
  { module: "node16", moduleResolution: "node16" },
  { module: "esnext", moduleResolution: "bundler" },
];

/**
 * Installs MAE, the trainer and the engine in an empty folder, trains, and checks types.
 *
 * @param {{ registry: import("./local-registry.js").LocalRegistry, node: { version: string, path: string }, platform: string | undefined, folder: string, signal: AbortSignal }} options `platform`: whose binary was published
 */
export async function maeUser({ registry, node, platform, folder, signal }) {
  const { install, example } = readmeOf(readFileSync(fileURLToPath(new URL(`../../${README}`, import.meta.url)), "utf8"));
  const script = scriptOf(example);
  const lines = script.trimEnd().split("\n").length;
  if (lines > SCRIPT_LINES) throw new Error(`[install] ${README}: expected an example of at most ${SCRIPT_LINES - 2} lines, received ${lines - 2}.`);
  const project = join(folder, `mae-on-node-${node.version}`);
  makeProject(project);
  const here = { cwd: project, environment: registry.environmentOf({ cache: join(project, ".cache"), node: node.path }), signal };

  const npm = (await runCommand("npm --version", ["npm", "--version"], here)).output.trim();
  const { seconds } = await runCommand(`npm install on Node ${node.version}`, install, here);
  const installed = installedIn(project);
  refuseSurprises(installed, (name) => readFileSync(join(project, "node_modules", name, "package.json"), "utf8"), ["@ssl-vit/mae"]);
  const megabytes = Object.keys(installed).reduce((sum, place) => sum + bytesOf(join(project, place)), 0) / 1e6;
  const binaries = Object.keys(installed).map(nameOf).filter((name) => name.startsWith("@ssl-vit/backend-native-"));
  const expected = platform === undefined ? [] : [`@ssl-vit/backend-native-${platform}`];
  if (binaries.join() !== expected.join()) throw new Error(`[install] the engine's binary: expected ${expected.join() || "none"}, received ${binaries.join(", ") || "none"}.`);

  await writePhotos(join(project, "photos"), 256);
  writeFileSync(join(project, "train.mts"), script);
  writeFileSync(join(project, "train.mjs"), script);
  const training = await runCommand(`the README's example on Node ${node.version}`, [node.path, "train.mjs"], here);
  const { engine, ...losses } = trainingOf(training.output);
  const wanted = expectedEngine(platform);
  if (engine !== wanted) throw new Error(`[install] engine: expected ${wanted}, received ${engine}.\n${training.output}`);

  for (const resolution of resolutions) {
    const config = { compilerOptions: { ...resolution, target: "es2022", lib: ["es2023", "dom", "dom.asynciterable"], strict: true, noEmit: true, types: [] }, files: ["train.mts"] };
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify(config));
    const ran = await runCommand(`types under ${resolution.moduleResolution}`, [process.execPath, compiler, "--pretty", "false", "-p", project], { ...here, mayFail: true });
    const errors = typeProblems(ran);
    if (errors.length > 0) throw new Error(`[install] types under ${resolution.moduleResolution}: expected no error, received\n${errors.join("\n")}`);
  }
  return { npm, installSeconds: seconds, megabytes, packages: Object.keys(installed).length, engine, ...losses, trainSeconds: training.seconds, types: resolutions.map(({ moduleResolution }) => moduleResolution).join(", ") };
}
