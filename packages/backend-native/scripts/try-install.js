// Proves a platform's package on a machine of that platform: `node scripts/try-install.js linux-x64-gnu` packs it and the packages that
// need it as they are published, installs them with npm in an empty folder, without cargo, and multiplies two matrices on "native".
// First: `node scripts/build-addon.js linux-x64-gnu`, and `pnpm run build` for the JavaScript.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, join } from "node:path";
import { packageFolder, packageName, path, platforms, publishedManifest, writePlatformPackage } from "./platforms.js";

const platform = process.argv[2];
if (platforms[platform] === undefined) throw new Error(`expected a platform (${Object.keys(platforms).join(", ")}), received ${platform}`);

const program = `
import { prepareEngine } from "@ssl-vit/engine";
import { matMul, ones } from "@tensorflow/tfjs-core";
const { reason } = await prepareEngine({ engine: "native" });
console.log(reason + ": " + matMul(ones([128, 256]), ones([256, 64])).dataSync()[8191]);
`;

/** Runs a command, prints what it says, and returns its output (its errors where it is to fail); throws unless its exit code is the expected one. */
function run(command, parameters, { expected = 0, quiet = false, ...options }) {
  process.stdout.write(`$ ${command} ${parameters.join(" ")}\n`);
  const { status, stdout, stderr, error } = spawnSync(command, parameters, { encoding: "utf8", shell: process.platform === "win32", ...options });
  if (!quiet || status !== expected) process.stdout.write(`${stdout ?? ""}${stderr ?? ""}`);
  if (status !== expected) throw new Error(`${command}: expected exit code ${expected}, received ${status}`, { cause: error });
  return expected === 0 ? stdout : stderr;
}

/** The bytes of a file, or of all files in a folder. */
function size(place) {
  const status = statSync(place);
  return status.isDirectory() ? readdirSync(place).reduce((sum, name) => sum + size(join(place, name)), 0) : status.size;
}
const megabytes = (place) => `${(size(place) / 1e6).toFixed(2)} MB`;

const folder = mkdtempSync(join(tmpdir(), "try-install-"));
try {
  const packed = join(folder, "packed");
  const project = join(folder, "project");
  for (const place of [packed, project]) mkdirSync(place);
  // As `npm install` would be told: by a path from the project.
  const pack = (place) => {
    const { filename } = JSON.parse(run("npx", ["--yes", "pnpm@10", "pack", "--json", "--pack-destination", packed], { cwd: place, quiet: true }));
    return `file:../packed/${basename(filename)}`;
  };

  writePlatformPackage(platform);
  const text = readFileSync(path("package.json"), "utf8");
  writeFileSync(path("package.json"), JSON.stringify(publishedManifest(), undefined, 2));
  let backend;
  try {
    backend = pack(path("."));
  } finally {
    writeFileSync(path("package.json"), text);
  }
  const manifest = {
    private: true,
    type: "module",
    dependencies: {
      "@ssl-vit/backend-native": backend,
      "@ssl-vit/core": pack(path("../core")),
      "@ssl-vit/engine": pack(path("../engine")),
      "@tensorflow/tfjs-core": "^4.22.0",
    },
    // What the registry would answer, were this version published.
    overrides: { [packageName(platform)]: pack(packageFolder(platform)) },
  };
  writeFileSync(join(project, "package.json"), JSON.stringify(manifest, undefined, 2));
  writeFileSync(join(project, "program.js"), program);

  const hasCargo = (place) => ["cargo", "cargo.exe"].some((name) => existsSync(join(place, name)));
  const PATH = process.env.PATH.split(delimiter).filter((place) => !hasCargo(place)).join(delimiter);
  const options = { cwd: project, env: { ...process.env, PATH } };
  if (spawnSync("cargo", ["--version"], options).status === 0) throw new Error("cargo is still on PATH");

  run("npm", ["install", "--no-audit", "--no-fund"], options);
  const scope = join(project, "node_modules/@ssl-vit");
  const installed = readdirSync(scope).filter((name) => name.startsWith("backend-native-"));
  if (installed.join() !== `backend-native-${platform}`) throw new Error(`expected the package of ${platform} alone, received ${installed.join(", ") || "none"}`);
  if (!run("node", ["program.js"], options).trim().endsWith(": 256")) throw new Error("expected 256");

  process.stdout.write(`installed with Node ${run("node", ["--version"], options).trim()}:\n`);
  for (const name of readdirSync(scope)) process.stdout.write(`  @ssl-vit/${name}: ${megabytes(join(scope, name))}\n`);
  process.stdout.write(`  node_modules: ${megabytes(join(project, "node_modules"))}\n`);
  for (const name of readdirSync(packed)) process.stdout.write(`  to download, ${name}: ${megabytes(join(packed, name))}\n`);

  run("npm", ["install", "--no-audit", "--no-fund", "--omit=optional"], options);
  const refusal = run("node", ["program.js"], { ...options, expected: 1 });
  if (!refusal.includes(`npm install ${packageName(platform)}@`)) throw new Error("expected an error that says what to install");
} finally {
  rmSync(folder, { recursive: true, force: true });
}
