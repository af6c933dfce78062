// Runs the tests of this package, in Rust and in Node, under AddressSanitizer, once for each set of instructions that the machine has: `node scripts/sanitize.js [avx512 avx2 …]`.
// Linux on x86-64 with cargo and a C compiler. It takes some ten minutes, so CI leaves it out.
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { levelInUse, levels as all } from "./levels.js";

const folder = fileURLToPath(new URL("..", import.meta.url));
const runs = `${folder}runs/sanitize/`;
const target = "x86_64-unknown-linux-gnu";
const levels = process.argv.length > 2 ? process.argv.slice(2) : all;
/** Random calls of the kernels with each level. */
const calls = "100000";

function fail(message) {
  process.stderr.write(`\n[sanitize] ${message}\n`);
  process.exit(1);
}

function run(what, command, parameters, environment = {}) {
  process.stderr.write(`\n[sanitize] ${what}\n`);
  const { status, signal, error } = spawnSync(command, parameters, { cwd: folder, stdio: "inherit", env: { ...process.env, ...environment } });
  if (status !== 0) fail(`${what}: ended with ${error?.message ?? signal ?? status}. ${reports().join("\n")}`);
}

const output = (command, parameters) => spawnSync(command, parameters, { encoding: "utf8" }).stdout.trim();

/** What AddressSanitizer wrote; its warnings of allocations that are too large are what the tests ask for. */
const reports = () =>
  readdirSync(runs)
    .filter((name) => name.startsWith("report."))
    .map((name) => readFileSync(runs + name, "utf8"))
    .filter((text) => text.includes("ERROR: AddressSanitizer"));

if (process.platform !== "linux" || process.arch !== "x64") fail(`expected Linux on x64, received ${process.platform} on ${process.arch}.`);
if (!existsSync(`${folder}addon/backend-native.node`)) fail("expected the addon, received none. Run build:addon first.");
rmSync(runs, { recursive: true, force: true });
mkdirSync(runs, { recursive: true });

// Rust brings the runtime as an archive for executables. Node is none of them, so it gets a library made of it, without the part that only an executable can have.
// Its name must not be libasan.so: the runtime takes a library of that name for another one beside it.
const libraries = output("rustc", ["--print", "target-libdir", "--target", target]);
const archive = readdirSync(libraries).find((name) => /^librustc-.*_rt\.asan\.a$/.test(name));
if (archive === undefined) fail(`expected librustc-…_rt.asan.a in ${libraries}, received none. Use rustup's toolchain.`);
copyFileSync(`${libraries}/${archive}`, `${runs}asan.a`);
run("the runtime, without its preinit_array", "ar", ["d", `${runs}asan.a`, "asan_preinit.cpp.o"]);
run("the runtime as a library", "cc", ["-shared", "-o", `${runs}libasan_of_rust.so`, "-Wl,--whole-archive", `${runs}asan.a`, "-Wl,--no-whole-archive", ..."pthread dl rt m resolv".split(" ").map((name) => `-l${name}`)]);

// Optimised, since the kernels crawl otherwise, and with the checks of arithmetic that a release leaves out.
const cargo = ["--manifest-path", "native/Cargo.toml", "--target", target, "--target-dir", `${folder}native/target/sanitize`, "--config", "profile.dev.opt-level=1", "--config", "profile.test.opt-level=1", "--config", "profile.dev.debug='line-tables-only'"];
const rust = { RUSTC_BOOTSTRAP: "1", RUSTFLAGS: "-Zsanitizer=address" };
const asan = { ASAN_OPTIONS: `detect_leaks=0:allocator_may_return_null=1:log_path=${runs}report` };
run("the addon", "cargo", ["build", "--locked", "--package", "binding", ...cargo], rust);

const loads = `${runs}loads`;
const node = {
  ...asan,
  LD_PRELOAD: `${runs}libasan_of_rust.so`,
  NODE_OPTIONS: `--import=${new URL("sanitized-addon.js", import.meta.url)}`,
  SANITIZED_ADDON: `${runs}backend-native.node`,
  SANITIZED_LOADS: loads,
};
copyFileSync(`${folder}native/target/sanitize/${target}/debug/libbackend_native.so`, node.SANITIZED_ADDON);
const done = [];
for (const level of levels) {
  const found = levelInUse(level);
  if (found !== level) {
    process.stderr.write(`\n*** SKIPPED: ${level}: this processor has ${found} ***\n`);
    continue;
  }
  const cpu = { SSL_VIT_CPU: level };
  run(`cargo test, ${level}`, "cargo", ["test", "--locked", "--package", "kernels", "--package", "calls", ...cargo, "--", "--nocapture"], { ...rust, ...asan, ...cpu, CALLS: calls });
  writeFileSync(loads, "");
  run(`the tests in Node, ${level}`, "vitest", ["run", "--config", "../../vitest.config.ts", "--root", ".", "--testTimeout", "900000", "--hookTimeout", "900000"], { ...node, ...cpu });
  run(`tfjs-core's tests, ${level}`, process.execPath, ["scripts/tfjs-suite.js"], { ...node, ...cpu });
  const processes = readFileSync(loads, "utf8").split("\n").length - 1;
  if (processes < 10) fail(`${level}: expected the sanitized addon in the tests' processes and their children, received ${processes}.`);
  process.stderr.write(`[sanitize] ${level}: ${processes} processes loaded the sanitized addon\n`);
  done.push(level);
}
const found = reports();
if (found.length > 0) fail(found.join("\n"));
process.stderr.write(`\n[sanitize] nothing found: ${done.join(", ")}\n`);
