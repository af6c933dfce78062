// Builds the addon with cargo and puts it at addon/backend-native.node. Without cargo it says so and succeeds: whoever imports the
// package then gets an error that says what is missing, and can choose another backend.
//
// `node scripts/build-addon.js linux-x64-musl` builds what a platform's package holds (npm/linux-x64-musl/backend-native.node), and
// fails where it cannot. For Linux that is done with zig as the linker (`pip install cargo-zigbuild ziglang`): it links against the old
// glibc that the target names, whatever the machine has, which otherwise takes a container of an old distribution.
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import { binaryPath, path, platforms } from "./platforms.js";

const libraries = { linux: "libbackend_native.so", darwin: "libbackend_native.dylib", win32: "backend_native.dll" };
const manifest = path("native/Cargo.toml");

/** Runs cargo and returns its folder of products. */
function cargo(command, { target, rustFlags }) {
  const parameters = [command, "--release", "--locked", "--package", "binding", "--manifest-path", manifest];
  if (target !== undefined) parameters.push("--target", target);
  const env = rustFlags === undefined ? process.env : { ...process.env, RUSTFLAGS: rustFlags };
  const { status } = spawnSync("cargo", parameters, { stdio: "inherit", env });
  if (status !== 0) process.exit(status ?? 1);
  return path(`native/target/${target === undefined ? "" : `${target.replace(/\.\d.*$/, "")}/`}release`);
}

/** Replaces a binary in one step, and only by another one: a process that has it loaded goes on with the old one. */
function put(built, binary) {
  if (existsSync(binary) && readFileSync(binary).equals(readFileSync(built))) return;
  mkdirSync(dirname(binary), { recursive: true });
  copyFileSync(built, `${binary}.new`);
  renameSync(`${binary}.new`, binary);
}

const name = process.argv[2];
const platform = name === undefined ? { os: process.platform } : platforms[name];
const library = libraries[platform?.os];

if (platform === undefined) {
  process.stderr.write(`${name} is no platform with a package of its own; these are: ${Object.keys(platforms).join(", ")}\n`);
  process.exitCode = 1;
} else if (name !== undefined) {
  put(`${cargo(platform.os === "linux" ? "zigbuild" : "build", platform)}/${library}`, binaryPath(name));
} else if (library === undefined || spawnSync("cargo", ["--version"]).status !== 0) {
  process.stderr.write(
    "\n*** @ssl-vit/backend-native: NOT BUILT. No cargo was found (https://rustup.rs). ***\n" +
      "*** The native backend will be missing; the wasm backend, some 20 times slower, takes its place. With cargo, build again. ***\n\n",
  );
} else {
  put(`${cargo("build", {})}/${library}`, path("addon/backend-native.node"));
}
