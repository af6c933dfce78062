import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";
import { MAE_MEGABYTES, MAE_SECONDS, megabytesByLayer, megabytesByName, OWN_KB } from "./limits.js";

/** @typedef {import("@ssl-vit/sitting/run-sitting.js").Measurement} Measurement */
/** @typedef {import("./all-packages.js").PackageSize} PackageSize */

const NONE = "–";

/** @param {Pick<PackageSize, "name" | "layer">} size */
export const limitOf = ({ name, layer }) => megabytesByName[name] ?? megabytesByLayer[layer];

/** What is larger than it may be. @param {readonly Measurement[]} measurements @returns {string | undefined} */
export function tooLarge(measurements) {
  /** @type {PackageSize[]} */
  const sizes = measurements.find(({ what }) => what === "sizes")?.sizes ?? [];
  const unlimited = sizes.filter((size) => limitOf(size) === undefined).map(({ name, layer }) => `${name}: expected a limit for the layer "${layer}" in benchmarks/install/limits.js, received none`);
  const large = sizes.filter((size) => size.megabytes > limitOf(size)).map((size) => `${size.name}: expected at most ${limitOf(size)} MB with all that it brings, received ${size.megabytes.toFixed(1)}`);
  const own = sizes.filter(({ unpackedKb }) => unpackedKb > OWN_KB).map(({ name, unpackedKb }) => `${name}: expected at most ${OWN_KB} kB unpacked, received ${unpackedKb.toFixed(0)}`);
  const users = measurements.filter(({ what, megabytes }) => what === "mae" && megabytes > MAE_MEGABYTES).map(({ node, megabytes }) => `MAE on Node ${node}: expected at most ${MAE_MEGABYTES} MB, received ${megabytes.toFixed(1)}`);
  const slow = measurements.filter(({ what, installSeconds }) => what === "mae" && installSeconds > MAE_SECONDS).map(({ node, installSeconds }) => `MAE on Node ${node}: expected an install within ${MAE_SECONDS} s, received ${installSeconds.toFixed(0)}`);
  const problems = [...unlimited, ...large, ...own, ...users, ...slow];
  return problems.length === 0 ? undefined : `${problems.join("; ")}.`;
}

/** @param {readonly Measurement[]} measurements */
function usersTable(measurements) {
  const rows = measurements
    .filter(({ what }) => what === "mae")
    .map(({ node, npm, installSeconds, megabytes, packages, engine, firstLoss, lastLoss, trainSeconds, types }) => [node, npm, installSeconds.toFixed(1), megabytes.toFixed(1), packages, engine, `${firstLoss.toFixed(3)} → ${lastLoss.toFixed(3)}`, trainSeconds.toFixed(1), types]);
  if (rows.length === 0) return "";
  return `## MAE, the trainer and the engine

The install line of [packages/mae](../../packages/mae), in an empty folder, with an empty cache of npm; no install script, no method but MAE (a sitting fails otherwise). Then the README's example on 256 images, for 20 steps,
and its types. At most ${MAE_MEGABYTES} MB, and ${MAE_SECONDS} s, for slow machines.

${markdownTable(["Node", "npm", "install, s", "MB", "packages", "engine", "loss, first → last", "training, s", "types under"], rows)}
`;
}

/** @param {readonly Measurement[]} measurements */
function othersTable(measurements) {
  const one = (/** @type {string} */ wanted) => measurements.find(({ what }) => what === wanted);
  const [publish, doctor, stranger] = [one("publish"), one("doctor"), one("stranger")];
  const rows = [
    publish && [`\`changeset publish\` of ${publish.packages} packages; the engine's binary: ${publish.platform}`, publish.seconds.toFixed(0)],
    doctor && ["`npx @ssl-vit/cli doctor`, with an empty cache", doctor.seconds.toFixed(0)],
    stranger && ["`npm create ssl-vit-method`, `npm install`, a build, a training of 4 steps, `npm publish` with types, tests and build", stranger.authorSeconds.toFixed(0)],
    stranger && ["elsewhere: `npm install @ssl-vit/cli` and that method, `ssl-vit list methods`, a training of 4 steps", stranger.userSeconds.toFixed(0)],
  ].filter((row) => row !== undefined);
  return rows.length === 0 ? "" : `## Around it\n\n${markdownTable(["what", "s"], rows)}\n`;
}

/** @param {readonly Measurement[]} measurements */
function packagesTable(measurements) {
  /** @type {PackageSize[]} */
  const sizes = measurements.find(({ what }) => what === "sizes")?.sizes ?? [];
  if (sizes.length === 0) return "";
  const seconds = new Map(measurements.filter(({ what }) => what === "alone").map(({ name, seconds: taken }) => [name, taken.toFixed(1)]));
  const rows = sizes.map((size) => [`\`${size.name}\``, size.packedKb.toFixed(0), size.unpackedKb.toFixed(0), size.packages, size.megabytes.toFixed(1), limitOf(size) ?? NONE, seconds.get(size.name) ?? NONE]);
  return `## Every package

Packed and unpacked: the package itself. With all that it brings: dependencies, the engine's binary for this platform, and peers (TensorFlow.js's core alone is most of it). CI fails above the limit. Seconds: \`npm install\` of it alone, with an empty
cache of npm, from a registry on the same machine.

${markdownTable(["package", "packed, kB", "unpacked, kB", "packages with all", "MB with all", "limit", "install, s"], rows)}`;
}

/** @param {readonly Measurement[]} measurements */
export const installTable = (measurements) => [usersTable, othersTable, packagesTable].map((table) => table(measurements)).join("\n");
