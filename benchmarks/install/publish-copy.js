import { createHash } from "node:crypto";
import { appendFileSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { registryLines } from "./local-registry.js";
import { runCommand } from "./run-command.js";

/** @typedef {{ name: string, layer: string }} Package that is published */

const root = fileURLToPath(new URL("../../", import.meta.url));
const native = "packages/backend-native";
/** The engine, where it is built here: what its package brings. */
const addon = `${native}/addon/backend-native.node`;

/** Everything that Git knows or would know, and what `pnpm run build` made of it, by its place in the repository. @param {AbortSignal} signal @returns {Promise<readonly string[]>} */
async function filesToPublish(signal) {
  const { output } = await runCommand("files of the repository", ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: root, signal });
  const known = output.split("\0").filter((name) => name !== "" && existsSync(join(root, name)));
  const built = readdirSync(join(root, "packages")).flatMap((name) => {
    const dist = join("packages", name, "dist");
    if (!existsSync(join(root, dist))) return [];
    return readdirSync(join(root, dist), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(relative(root, entry.parentPath), entry.name));
  });
  return [...known, ...built];
}

/** @param {string} copy @param {AbortSignal} signal */
async function copyRepository(copy, signal) {
  for (const file of await filesToPublish(signal)) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    copyFileSync(join(root, file), join(copy, file));
  }
}

/** sha256 of some files of a folder, whatever their order. @param {string} folder @param {readonly string[]} files */
export function sumOfFiles(folder, files) {
  const sum = createHash("sha256");
  for (const file of [...files].sort()) {
    const content = readFileSync(join(folder, file));
    sum.update(`${file}\0${content.length}\0`).update(content);
  }
  return sum.digest("hex");
}

/** Of all that {@link publishCopy} publishes from: what was published of the same need not be again. @param {AbortSignal} signal */
export const sumOfSources = async (signal) => sumOfFiles(root, [...(await filesToPublish(signal)), ...(existsSync(join(root, addon)) ? [addon] : [])]);

/** The packages that are published, as the copy has them. @param {string} copy @returns {Package[]} */
const packagesOf = (copy) =>
  readdirSync(join(copy, "packages"))
    .map((folder) => JSON.parse(readFileSync(join(copy, "packages", folder, "package.json"), "utf8")))
    .filter((manifest) => manifest.private !== true)
    .map(({ name, sslVit }) => ({ name, layer: sslVit.layer }));

/** This system's name among the platforms' packages, where the engine is built here. @returns {Promise<string | undefined>} */
async function nativePlatform() {
  if (!existsSync(join(root, addon))) return undefined;
  const { platforms } = await import(new URL("../../packages/backend-native/scripts/platforms.js", import.meta.url).href);
  const libc = process.platform === "linux" ? (/** @type {any} */ (process.report.getReport()).header.glibcVersionRuntime === undefined ? "musl" : "glibc") : undefined;
  return Object.keys(platforms).find((name) => platforms[name].os === process.platform && platforms[name].cpu === process.arch && platforms[name].libc === libc);
}

/** The commands that publish. @type {readonly (readonly [string, ...string[]])[]} */
const managers = [["npm"], ["npx", "--yes", "pnpm@10"]];

/**
 * Whatever a package manager makes of its files and its environment: nothing is published elsewhere.
 *
 * @param {string} url @param {{ cwd: string, environment: NodeJS.ProcessEnv, signal: AbortSignal }} publishing
 */
export async function refuseOtherRegistries(url, publishing, asked = managers) {
  for (const manager of asked) {
    for (const name of ["registry", "@ssl-vit:registry", "@stranger:registry"]) {
      const { output } = await runCommand(`${manager.at(-1)} config get ${name}`, [...manager, "config", "get", name], publishing);
      const found = output.trim().split("\n").at(-1);
      if (found !== url) throw new Error(`[install] ${name} of ${manager.at(-1)}: expected ${url}, received ${found}. Nothing was published.`);
    }
  }
}

/** @typedef {{ packages: Package[], platform?: string | undefined, seconds: number }} Published what a registry has, with the `platform` of the engine's binary where it is built here */

/**
 * Publishes the repository as a release does (`changeset version`, `pnpm run release`), from a copy, so that nothing changes here.
 *
 * @param {string} copy an empty folder @param {import("./local-registry.js").LocalRegistry} registry @param {AbortSignal} signal
 * @returns {Promise<Published>}
 */
export async function publishCopy(copy, registry, signal) {
  await copyRepository(copy, signal);
  const here = { cwd: copy, signal };
  // Nothing of this user's settings: no signatures, no hooks, no other line ends.
  const settings = ["user.name=release", "user.email=release@localhost", "commit.gpgsign=false", "core.hooksPath=/dev/null", "core.autocrlf=false"].flatMap((setting) => ["-c", setting]);
  const git = (/** @type {string[]} */ ...words) => runCommand(`git ${words[0]}`, ["git", ...settings, ...words], here);
  await git("init", "--quiet", "--initial-branch=main");
  await git("add", "--all");
  await git("commit", "--quiet", "--message=copy");
  await runCommand("install in the copy", ["npx", "--yes", "pnpm@10", "install", "--frozen-lockfile", "--prefer-offline"], here);
  await runCommand("changeset version", ["npx", "--yes", "pnpm@10", "exec", "changeset", "version"], here);
  // Right after a release there are no changesets: the versions at hand are those to publish.
  await git("commit", "--all", "--quiet", "--allow-empty", "--message=versions");
  const platform = await nativePlatform();
  const started = performance.now();
  const environment = registry.environmentOf({ cache: join(copy, "../publisher-cache") });
  appendFileSync(join(copy, ".npmrc"), `\n${registryLines(registry.url)}`);
  const publishing = { ...here, environment };
  await refuseOtherRegistries(registry.url, publishing);
  if (platform !== undefined) {
    const place = join(copy, native, "npm", platform);
    mkdirSync(place, { recursive: true });
    copyFileSync(join(root, addon), join(place, "backend-native.node"));
    await runCommand("the platform's package", ["node", "packages/backend-native/scripts/publish-platforms.js", platform], publishing);
  }
  // As the script "release" starts it: with pnpm at hand, not by `pnpm exec`, which would first install what the new manifests say.
  await runCommand("changeset publish", ["npx", "--yes", "--package", "pnpm@10", "--", "node", "node_modules/@changesets/cli/bin.js", "publish", "--no-git-tag"], publishing);
  return { packages: packagesOf(copy), platform, seconds: (performance.now() - started) / 1000 };
}
