// Builds the addon with cargo and puts it at addon/backend-native.node. Without cargo it says so and succeeds: whoever imports the
// package then gets an error that says what is missing, and can choose another backend.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const path = (relative) => fileURLToPath(new URL(`../${relative}`, import.meta.url));
const library = { linux: "libbackend_native.so", darwin: "libbackend_native.dylib", win32: "backend_native.dll" }[process.platform];

if (library === undefined || spawnSync("cargo", ["--version"]).status !== 0) {
  process.stderr.write(
    "\n*** @ssl-vit/backend-native: NOT BUILT. No cargo was found (https://rustup.rs). ***\n" +
      "*** The native backend will be missing; the wasm backend, some 50 times slower, takes its place. With cargo, build again with --force. ***\n\n",
  );
} else {
  const manifest = path("native/Cargo.toml");
  const { status } = spawnSync("cargo", ["build", "--release", "--locked", "--package", "binding", "--manifest-path", manifest], { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
  mkdirSync(path("addon"), { recursive: true });
  copyFileSync(path(`native/target/release/${library}`), path("addon/backend-native.node"));
}
