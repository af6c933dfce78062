// Times the four workloads here and in PyTorch, in turn, and writes both sides' numbers with their ratio: `pnpm run bench:speed`.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { cpus, homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { markdownTable } from "./table.js";

const here = fileURLToPath(new URL(".", import.meta.url));
const cli = fileURLToPath(new URL("../../packages/cli/bin/ssl-vit.js", import.meta.url));
const list = (/** @type {string} */ text) => text.split(",");
const say = (/** @type {string} */ text) => process.stderr.write(`${text}\n`);

const options = new Command("bench:speed")
  .description("Training steps of the native engine and of PyTorch + timm + lightly, in turn, on this machine.")
  .option("--workloads <names>", "of simclr, mae, dino, embed", list, ["simclr", "mae", "dino", "embed"])
  .option("--precisions <names>", "of float32, bfloat16", list, ["float32", "bfloat16"])
  .option("--paths <names>", "lower instruction sets to time as well (avx2, portable), once each in float32", list, ["avx2", "portable"])
  .option("--rounds <n>", "times that both sides take their turn", Number, 3)
  .option("--steps <n>", "steps that count in each turn", Number, 5)
  .option("--venv <dir>", "a Python environment with requirements.txt (default: one is made in the cache folder, 6 GB)")
  .option("--out <dir>", "where results.json and results.md go", join(here, "results"))
  .addHelpText("after", "\nExample:\n  $ npx --yes pnpm@10 run bench:speed --workloads simclr --rounds 1")
  .parse()
  .opts();

/** The environment's Python. It is made beside its place and renamed, so that an interrupted installation is never taken for a whole one. */
function python() {
  const folder = options.venv ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "ssl-vit", "peer");
  const binary = join(folder, "bin", "python");
  if (existsSync(binary)) return binary;
  if (options.venv !== undefined) throw new Error(`--venv: expected ${binary}, received no such file.`);
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  say(`Installing PyTorch, timm and lightly into ${folder} …`);
  for (const [command, ...parameters] of [
    ["python3", "-m", "venv", unfinished],
    [join(unfinished, "bin", "python"), "-m", "pip", "install", "--quiet", "--requirement", join(here, "requirements.txt")],
  ]) {
    const { status, error } = spawnSync(command, parameters, { stdio: ["ignore", 2, 2] });
    if (status !== 0) throw new Error(`${command}: ${error?.message ?? `exit ${status}`}. Python 3.10 or later with venv is needed.`);
  }
  renameSync(unfinished, folder);
  return binary;
}

/** Runs a command that prints one JSON object. */
function measure(command, parameters, environment = {}) {
  const { status, stdout, stderr, error, signal } = spawnSync(command, parameters, {
    encoding: "utf8",
    maxBuffer: 2 ** 26,
    env: { ...process.env, ...environment },
  });
  if (signal !== null) throw new Error(`stopped by ${signal}`);
  if (status !== 0) throw new Error(`${command} ${parameters.join(" ")}: ${error?.message ?? stderr}`);
  return JSON.parse(stdout.trim().split("\n").at(-1));
}

const ours = (workload, precision, steps, path) =>
  measure(
    process.execPath,
    [cli, "bench", "step", "--workload", workload, "--precision", precision, "--engine", "native", "--steps", String(steps), "--profile", "--json"],
    path === undefined ? {} : { SSL_VIT_CPU: path },
  );

const peer = python();
const measurements = [];
const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.versions.node };
const requirements = readFileSync(join(here, "requirements.txt"), "utf8").trim().split("\n");
/** Written after every measurement: what was measured is kept if the rest is stopped. */
function save() {
  mkdirSync(options.out, { recursive: true });
  writeFileSync(join(options.out, "results.json"), `${JSON.stringify({ date: new Date().toISOString(), machine, requirements, measurements }, undefined, 1)}\n`);
  writeFileSync(join(options.out, "results.md"), markdownTable(measurements));
}
function add(round, side, result) {
  measurements.push({ round, side, ...result });
  say(`round ${round}: ${result.workload} ${result.precision_asked ?? result.precision} ${side}: ${result.ms.toFixed(0)} ms (least ${result.ms_min.toFixed(0)}), ${result.peak_rss_mb} MB`);
  save();
}
for (let round = 1; round <= options.rounds; round++) {
  for (const workload of options.workloads) {
    for (const precision of options.precisions) {
      add(round, "pytorch", measure(peer, [join(here, "peer_step.py"), workload, "--precision", precision, "--steps", String(options.steps)]));
      add(round, "native", ours(workload, precision, options.steps));
    }
  }
}
for (const path of options.paths.filter((name) => name !== "")) {
  for (const workload of options.workloads) add(1, path, ours(workload, "float32", 2, path));
}
process.stdout.write(markdownTable(measurements));
