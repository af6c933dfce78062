// All tests of this package, with each set of instructions that the machine has, and those in Rust. What cannot run here is said in a plain word.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { levelInUse, levels } from "./levels.js";
import { path } from "./platforms.js";

const skipped = (what, why) => process.stderr.write(`\n*** SKIPPED: ${what}: ${why} ***\n`);

function run(what, command, parameters, environment = {}) {
  process.stderr.write(`\n[test] ${what}\n`);
  const { status } = spawnSync(command, parameters, { cwd: path("."), stdio: "inherit", shell: process.platform === "win32", env: { ...process.env, ...environment } });
  if (status !== 0) process.exit(status ?? 1);
}

const vitest = ["run", "--config", "../../vitest.config.ts", "--root", "."];
/** The tests that compare kernels with the CPU backend or with their composed forms. The others choose their instructions themselves, or do not depend on them. */
const comparing = ["blocks", "convolution", "every-result", "fused-kernels", "integers-and-truths", "ranking", "tfjs-kernels"];
const manifest = ["--manifest-path", "native/Cargo.toml", "--locked"];

const has = (...parameters) => spawnSync("cargo", [...parameters, "--version"]).status === 0;
const cargo = has();
if (!cargo) skipped("the tests and lints in Rust", "no cargo was found (https://rustup.rs)");
else if (!has("clippy")) skipped("clippy", "this Rust has none (rustup component add clippy)");
else {
  run("clippy", "cargo", ["clippy", ...manifest, "--", "-D", "warnings"]);
  // The binding has no tests of its own, and as one it would lack Node.
  run("clippy, tests", "cargo", ["clippy", ...manifest, "--workspace", "--exclude", "binding", "--all-targets", "--", "-D", "warnings"]);
}

if (!existsSync(path("addon/backend-native.node"))) skipped("all tests of @ssl-vit/backend-native", "the addon is not built (no cargo?)");
else {
  const [widest] = levels.filter((level) => levelInUse(level) === level);
  for (const level of levels) {
    const found = levelInUse(level);
    if (found !== level) {
      skipped(`the tests with ${level} instructions`, `this processor has ${found}`);
      continue;
    }
    const cpu = { SSL_VIT_CPU: level };
    if (cargo) run(`cargo test, ${level}`, "cargo", ["test", ...manifest], cpu);
    run(`vitest, ${level}`, "vitest", level === widest ? vitest : [...vitest, ...comparing], cpu);
    run(`tfjs-core's own tests, ${level}`, "node", ["scripts/tfjs-suite.js"], cpu);
  }
}
