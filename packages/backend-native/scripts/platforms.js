// The platforms that have a package with the binary, by the end of the package's name, and how such a package is written. The packages are
// written for a release only (to npm/, which git ignores): in the repository the binary is the one that `build:addon` puts at addon/.
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * `target` is Rust's name of the platform, and for glibc the oldest version to run on: 2.17 is what Rust itself needs, older than any that
 * Node 20 runs on. On musl the C library must be the process's own one, and on Windows nothing but the system may be needed.
 */
export const platforms = {
  "linux-x64-gnu": { os: "linux", cpu: "x64", libc: "glibc", target: "x86_64-unknown-linux-gnu.2.17" },
  "linux-arm64-gnu": { os: "linux", cpu: "arm64", libc: "glibc", target: "aarch64-unknown-linux-gnu.2.17" },
  "linux-x64-musl": { os: "linux", cpu: "x64", libc: "musl", target: "x86_64-unknown-linux-musl", rustFlags: "-C target-feature=-crt-static" },
  "darwin-arm64": { os: "darwin", cpu: "arm64", target: "aarch64-apple-darwin" },
  "darwin-x64": { os: "darwin", cpu: "x64", target: "x86_64-apple-darwin" },
  "win32-x64-msvc": { os: "win32", cpu: "x64", target: "x86_64-pc-windows-msvc", rustFlags: "-C target-feature=+crt-static" },
};

/** A path in this package. */
export const path = (relative) => fileURLToPath(new URL(`../${relative}`, import.meta.url));

export const packageName = (platform) => `@ssl-vit/backend-native-${platform}`;
export const packageFolder = (platform) => path(`npm/${platform}`);
export const binaryPath = (platform) => path(`npm/${platform}/backend-native.node`);

/** This package's manifest as it is published: it names the platforms' packages, of its own version. */
export function publishedManifest(names = Object.keys(platforms)) {
  const manifest = JSON.parse(readFileSync(path("package.json"), "utf8"));
  const optionalDependencies = Object.fromEntries(names.map((platform) => [packageName(platform), manifest.version]));
  return { ...manifest, optionalDependencies };
}

/** Puts manifest, README and licence beside a platform's binary. Throws where the binary is not built. */
export function writePlatformPackage(platform) {
  const { os, cpu, libc, target } = platforms[platform];
  if (!existsSync(binaryPath(platform))) throw new Error(`${binaryPath(platform)} is missing: run node scripts/build-addon.js ${platform}`);
  const { name, version, license, repository, engines, publishConfig } = publishedManifest();
  const manifest = {
    name: packageName(platform),
    version,
    description: `The binary of ${name} for ${platform}.`,
    license,
    repository,
    os: [os],
    cpu: [cpu],
    libc: libc && [libc],
    main: "backend-native.node",
    files: ["backend-native.node"],
    engines,
    publishConfig,
  };
  const file = (end) => `${packageFolder(platform)}/${end}`;
  mkdirSync(packageFolder(platform), { recursive: true });
  writeFileSync(file("package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
  writeFileSync(file("README.md"), `# ${manifest.name}\n\nThe binary of \`${name}\` for \`${target}\`. Install \`${name}\`: it brings the right one.\n`);
  copyFileSync(path("../../LICENSE"), file("LICENSE"));
}
