// Interprets calls of the kernels with Miri, which finds undefined behaviour that a sanitizer cannot see (pointers and references that are wrong before they are used, races of threads).
// Wants `rustup toolchain install nightly --component miri`. Miri knows no AVX-512. It takes some eight minutes on two cores, so CI leaves it out.
import { spawnSync } from "node:child_process";
import { path } from "./platforms.js";

function miri(what, parameters, flags, environment) {
  process.stderr.write(`\n[miri] ${what}\n`);
  // The pool's threads live as long as the process.
  const env = { ...process.env, MIRIFLAGS: `-Zmiri-disable-isolation -Zmiri-ignore-leaks ${flags}`, SSL_VIT_THREADS: "3", ...environment };
  const { status } = spawnSync("cargo", ["+nightly", "miri", "test", "--locked", "--manifest-path", "native/Cargo.toml", ...parameters], { cwd: path("."), stdio: "inherit", env });
  if (status !== 0) process.exit(status ?? 1);
}

const target = (name) => ["--target-dir", path(`native/target/${name}`)];
const calls = ["--package", "calls", "--test", "random_bytes"];
miri("threads, memory, matrices: twelve schedules", [...target("miri"), "--package", "kernels", "--lib", "--", "threads::", "scratch::", "matrix::"], "-Zmiri-many-seeds=0..12", { SSL_VIT_CPU: "portable" });
miri("calls, portable", [...target("miri"), ...calls, "--", "--nocapture"], "", { SSL_VIT_CPU: "portable", CALLS: "150" });
miri("calls, avx2", [...target("miri-avx2"), ...calls, "--", "--nocapture"], "", { SSL_VIT_CPU: "avx2", CALLS: "60", RUSTFLAGS: "-Ctarget-feature=+avx2,+fma" });
