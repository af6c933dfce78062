import { appendFileSync, copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "./run-command.js";

/** @typedef {{ name: string, version: string, folder: string, layer: string, isMethod: boolean }} Published a package, where its sources are */

const root = fileURLToPath(new URL("../../", import.meta.url));
const native = "packages/backend-native";

/** Everything that Git knows or would know, and what `pnpm run build` made of it. @param {string} copy @param {AbortSignal} signal */
async function copyRepository(copy, signal) {
  const { output } = await runCommand("files of the repository", ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: root, signal });
  for (const file of output.split("\0").filter((name) => name !== "" && existsSync(join(root, name)))) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    copyFileSync(join(root, file), join(copy, file));
  }
  for (const name of readdirSync(join(root, "packages"))) {
    const built = join(root, "packages", name, "dist");
    if (existsSync(built)) cpSync(built, join(copy, "packages", name, "dist"), { recursive: true });
  }
}

/** The packages that are published, as the copy has them. @param {string} copy @returns {Published[]} */
const packagesOf = (copy) =>
  readdirSync(join(copy, "packages"))
    .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(join(copy, "packages", folder, "package.json"), "utf8")) }))
    .filter(({ manifest }) => manifest.private !== true)
    .map(({ folder, manifest: { name, version, sslVit, keywords = [] } }) => ({ name, version, folder: `packages/${folder}`, layer: sslVit.layer, isMethod: keywords.includes("ssl-vit-method") }));

/** This system's name among the platforms' packages, where the engine is built here. @returns {Promise<string | undefined>} */
async function nativePlatform() {
  const addon = join(root, native, "addon/backend-native.node");
  if (!existsSync(addon)) return undefined;
  const { platforms } = await import(new URL("../../packages/backend-native/scripts/platforms.js", import.meta.url).href);
  const libc = process.platform === "linux" ? (/** @type {any} */ (process.report.getReport()).header.glibcVersionRuntime === undefined ? "musl" : "glibc") : undefined;
  return Object.keys(platforms).find((name) => platforms[name].os === process.platform && platforms[name].cpu === process.arch && platforms[name].libc === libc);
}

/**
 * Publishes the repository as a release does (`changeset version`, `pnpm run release`), from a copy, so that nothing changes here.
 *
 * @param {string} copy an empty folder @param {import("./local-registry.js").LocalRegistry} registry @param {AbortSignal} signal
 * @returns {Promise<{ packages: Published[], platform: string | undefined, seconds: number }>} `platform`: of the engine's binary, where it is built here
 */
export async function publishCopy(copy, registry, signal) {
  await copyRepository(copy, signal);
  const here = { cwd: copy, signal };
  const git = (/** @type {string[]} */ ...words) => runCommand(`git ${words[0]}`, ["git", "-c", "user.name=release", "-c", "user.email=release@localhost", ...words], here);
  await git("init", "--quiet", "--initial-branch=main");
  await git("add", "--all");
  await git("commit", "--quiet", "--message=copy");
  await runCommand("install in the copy", ["npx", "--yes", "pnpm@10", "install", "--frozen-lockfile", "--prefer-offline"], here);
  await runCommand("changeset version", ["npx", "--yes", "pnpm@10", "exec", "changeset", "version"], here);
  await git("commit", "--all", "--quiet", "--message=versions");
  const platform = await nativePlatform();
  const started = performance.now();
  // The manifests are newer than what is installed, which is as it must be here.
  const environment = { ...registry.environmentOf({ cache: join(copy, "../publisher-cache") }), npm_config_verify_deps_before_run: "false" };
  // Whatever a package manager makes of its environment: nothing is ever published elsewhere.
  appendFileSync(join(copy, ".npmrc"), `\nregistry=${registry.url}\n`);
  const publishing = { ...here, environment };
  if (platform !== undefined) {
    const place = join(copy, native, "npm", platform);
    mkdirSync(place, { recursive: true });
    copyFileSync(join(root, native, "addon/backend-native.node"), join(place, "backend-native.node"));
    await runCommand("the platform's package", ["node", "packages/backend-native/scripts/publish-platforms.js", platform], publishing);
  }
  await runCommand("changeset publish", ["npx", "--yes", "pnpm@10", "exec", "changeset", "publish", "--no-git-tag"], publishing);
  return { packages: packagesOf(copy), platform, seconds: (performance.now() - started) / 1000 };
}
