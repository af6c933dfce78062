import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json", { paths: [repository] })), "vitest.mjs");

/** Packages with tensors whose tests say nothing of this engine, and why. */
const leftOut = {
  "backend-native": "holds its own kernels against tfjs's JavaScript ones",
  cli: "its tests refuse bad input before any engine starts",
};

/** Test files to run, by name, where not all can: the others choose their engines themselves. */
const selected = { engine: ["tensorflow.test"] };

/** Packages that compute with tensors and have tests. */
const packagesToTest = () =>
  readdirSync(join(repository, "packages")).filter((name) => {
    const folder = join(repository, "packages", name);
    const manifest = readFileSync(join(folder, "package.json"), "utf8");
    return existsSync(join(folder, "test")) && manifest.includes('"@tensorflow/tfjs-core"') && !(name in leftOut);
  });

/**
 * Runs the tests of one package on the engine `tensorflow`.
 *
 * @param project a folder with tfjs-node among its node_modules
 */
function testPackage(name, project) {
  const report = join(tmpdir(), `ssl-vit-${name}-${process.pid}.json`);
  const options = ["--config", "../../vitest.config.ts", "--root", ".", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const { status, stdout, stderr } = spawnSync(process.execPath, [vitest, "run", ...options, ...(selected[name] ?? [])], {
    cwd: join(repository, "packages", name),
    env: { ...process.env, SSL_VIT_TEST_ENGINE: "tensorflow", NODE_PATH: join(project, "node_modules"), NO_COLOR: "1" },
    encoding: "utf8",
  });
  const output = `${stdout}${stderr}`;
  if (!existsSync(report)) return { name, passed: 0, failed: 1, skipped: 0, notes: [], output };
  const { numPassedTests: passed, numFailedTests, numPendingTests: skipped } = JSON.parse(readFileSync(report, "utf8"));
  rmSync(report);
  // A file that cannot be loaded fails without a test of its own.
  const failed = status === 0 ? numFailedTests : Math.max(1, numFailedTests);
  const notes = [...new Set(output.split("\n").filter((line) => line.startsWith("SKIPPED")))];
  return { name, passed, failed, skipped, notes, output };
}

/** Runs every package's tests and prints a line for each; the output of those that fail, whole. */
export function runPackageTests(project) {
  const total = { passed: 0, failed: 0 };
  for (const name of packagesToTest()) {
    const { passed, failed, skipped, notes, output } = testPackage(name, project);
    total.passed += passed;
    total.failed += failed;
    const rest = [...(failed > 0 ? [`${failed} FAILED`] : []), ...(skipped > 0 ? [`${skipped} skipped`] : [])];
    console.log(`  ${[name.padEnd(12), `${String(passed).padStart(4)} passed`, ...rest].join("  ")}`);
    for (const note of notes) console.log(`    ${note}`);
    if (failed > 0) console.log(output);
  }
  for (const [name, reason] of Object.entries(leftOut)) console.log(`  ${name}: not run, ${reason}`);
  return total;
}
