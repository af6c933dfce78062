// Adds a method to this clone, holds it to every check of the repository, trains it, and takes it away again. Part of CI.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const name = "try-new-method";
const packageName = `@ssl-vit/${name}`;
const made = [`packages/${name}`, `.changeset/${name}.md`, `benchmarks/reference/methods/${name.replaceAll("-", "_")}.py`].map((path) => join(root, path));
/** What is promised; it takes a quarter of that on two cores. */
const PASSING_SECONDS = 120;
const pnpm = ["npx", "--yes", "pnpm@10"];
const started = performance.now();
const secondsSince = (/** @type {number} */ time) => Math.round((performance.now() - time) / 1000);

/** Runs a command in the repository's root and says how long it took; its output is shown when it fails. */
function step(/** @type {string} */ what, /** @type {string[]} */ command) {
  const before = performance.now();
  const { status, stdout, stderr } = spawnSync(command[0], command.slice(1), { cwd: root, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } });
  if (status !== 0) throw new Error(`[create-ssl-vit-method] ${what}: expected exit 0, received ${status}.\n$ ${command.join(" ")}\n${stdout}${stderr}`);
  process.stdout.write(`${String(secondsSince(before)).padStart(4)} s  ${what}\n`);
}

/** Pictures of noise: enough to train on. */
async function writePhotos(/** @type {string} */ folder) {
  const sharp = createRequire(join(root, "packages/cli/package.json"))("sharp");
  mkdirSync(folder);
  for (let image = 0; image < 32; image++) {
    const data = Uint8Array.from({ length: 32 * 32 * 3 }, (_, index) => (index * (image + 1) * 7919) % 251);
    await sharp(data, { raw: { width: 32, height: 32, channels: 3 } }).png().toFile(join(folder, `${image}.png`));
  }
}

const taken = made.find((path) => existsSync(path));
if (taken !== undefined) throw new Error(`[create-ssl-vit-method] ${taken}: expected no such file, received one. It is left from a run that was killed: remove it.`);
// Ctrl-C ends the step that runs; what was made is taken away then.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => {});
const lockFile = join(root, "pnpm-lock.yaml");
const lock = readFileSync(lockFile);
const folder = mkdtempSync(join(tmpdir(), "ssl-vit-try-new-method-"));
try {
  step("new:method", [...pnpm, "run", "new:method", name, "--paper", "https://arxiv.org/abs/2002.05709"]);
  step("install", [...pnpm, "install", "--no-frozen-lockfile", "--prefer-offline"]);
  step("its tests", [...pnpm, "--filter", packageName, "test"]);
  const passing = secondsSince(started);
  process.stdout.write(`${String(passing).padStart(4)} s  from new:method to a package that passes its tests\n`);
  if (passing > PASSING_SECONDS) throw new Error(`[create-ssl-vit-method] from new:method to a package that passes: expected at most ${PASSING_SECONDS} s, received ${passing}.`);
  step("build, types, publint and attw", [...pnpm, "exec", "turbo", "run", "build", "typecheck", "check:package", "--filter", packageName]);
  step("lint", [process.execPath, "node_modules/eslint/bin/eslint.js", `packages/${name}`]);
  step("boundaries", [...pnpm, "run", "boundaries"]);
  step("knip", [...pnpm, "run", "knip"]);
  step("changeset", [...pnpm, "exec", "changeset", "status"]);
  step("structure", [...pnpm, "--filter", "create-ssl-vit-method", "test", "method-packages", "-t", name]);
  step("golden files", [...pnpm, "--filter", "@ssl-vit/reference", "test"]);
  step("the README's example", [...pnpm, "--filter", "@ssl-vit/readme", "test", "-t", `${name}/README`]);
  await writePhotos(join(folder, "photos"));
  step("a training", [process.execPath, "packages/cli/bin/ssl-vit.js", "pretrain", "--method", `./packages/${name}`, "--data", join(folder, "photos"), "--out", join(folder, "run"), "--steps", "2", "--batch-size", "16"]);
} finally {
  for (const path of [...made, folder]) rmSync(path, { recursive: true, force: true });
  writeFileSync(lockFile, lock);
}
step("install without it", [...pnpm, "install", "--frozen-lockfile", "--prefer-offline"]);
