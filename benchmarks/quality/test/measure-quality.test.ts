import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { installedMethods } from "../installed-methods.js";
import { measureQuality } from "../measure-quality.js";
import { measureSteps, stepsTable } from "../measure-steps.js";
import { qualityTable } from "../quality-table.js";
import { openResultsFile } from "@ssl-vit/sitting/results-file.js";
import type { RunSslVit } from "@ssl-vit/sitting/run-ssl-vit.js";
import { timeBudget } from "@ssl-vit/sitting/time-budget.js";

let out = "";
beforeEach(() => { out = mkdtempSync(join(tmpdir(), "ssl-vit-quality-test-")); });
afterEach(() => { rmSync(out, { recursive: true }); });

/** A command that trains nothing: it notes its parameters, and writes what a run's folder says. */
function fakeCommand({ broken = "", stopping = "" } = {}) {
  const calls: string[] = [];
  const run: RunSslVit = (parameters) => {
    const call = parameters.join(" ");
    const valueOf = (flag: string): string => parameters[parameters.indexOf(flag) + 1];
    if (broken !== "" && call.includes(broken)) return Promise.reject(new Error("no memory"));
    calls.push(call);
    if (parameters[0] === "pretrain") {
      const folder = valueOf("--out");
      mkdirSync(join(folder, "checkpoints"), { recursive: true });
      writeFileSync(join(folder, "checkpoints", "last"), "step-00000005");
      if (stopping !== "" && call.includes(stopping)) return Promise.reject(new Error("stopped"));
      const encoder = { embedDim: 64, clsToken: true, imageSize: [32, 32], seed: 0, ...(valueOf("--method").endsWith("mae") ? { positionEmbedding: "sincos2d" } : {}) };
      writeFileSync(join(folder, "config.resolved.json"), JSON.stringify({ run: { encoder, views: { normalize: { mean: [0.5], std: [0.5] } } }, about: { engine: { name: "native", threads: 2, precision: "float32" }, versions: {} } }));
      writeFileSync(join(folder, "metrics.jsonl"), '{"loss":9,"metrics":{"embeddingDeviation":1}}\n{"loss":2,"metrics":{"embeddingDeviation":0.5}}\n');
      return Promise.resolve({ json: undefined, seconds: 2, cpuSeconds: 3, maxRssMb: 100 });
    }
    const layer = parameters.includes("--layer") ? valueOf("--layer") : "pixels";
    const score = (kind: string) => ({ top1: valueOf("--checkpoint") === "random" ? 0.2 : 0.4, protocol: { kind, layer } });
    const json = parameters[1] === "finetune" ? score("finetune") : { results: [{ data: "images", knn: score("knn"), linear: score("linear") }] };
    return Promise.resolve({ json, seconds: 1, cpuSeconds: 1, maxRssMb: 100 });
  };
  return { run, calls };
}

const preset = { description: "", model: {}, method: {}, imageSize: 32, batchSize: 64, epochs: 10, optimizer: { name: "adamw" as const, learningRate: 1e-3, warmupEpochs: 1, weightDecay: 0 } };
const methods = ["simclr", "mae", "byol"].map((name) => ({ name, packageName: `@ssl-vit/${name}`, preset, defaults: {} }));
const protocol = { train: "train", test: "test", trainImages: 50, testImages: 20 };
const sitting = (seeds = [0]) => ({ methods, commit: "abc1234", seeds, imagesSeen: 640, precision: "float32", trainImages: { path: "train", count: 640 }, protocol, supervised: true, out });
const table = qualityTable({ data: "test", trainImages: 50, testImages: 20, imagesSeen: 640, precision: "float32", cpu: "some CPU", cores: 2, node: "20" });
const open = (resume = false) => openResultsFile("results", { benchmark: "quality", out, circumstances: {}, table, resume });
const context = (run: RunSslVit, lines: string[] = []) => ({ run, signal: new AbortController().signal, say: (text: string) => { lines.push(text); }, budget: timeBudget() });

test("each method is trained and judged; methods with the same ViT share their baselines", async () => {
  const { run, calls } = fakeCommand();
  const results = open();
  const lines: string[] = [];
  await measureQuality(sitting(), results, context(run, lines));
  const of = (...words: string[]) => calls.filter((call) => words.every((word) => call.includes(word))).length;
  expect(calls[0]).toBe(`pretrain --method @ssl-vit/simclr --preset small --data train --steps 10 --seed 0 --precision float32 --out ${join(out, "runs", "simclr-0")} --set optimizer.warmupEpochs=0.1`);
  // Two layers of three runs, of two ViTs trained with labels and of two untrained ones; pixels have one.
  const transfers = (checkpoint: string) => of("eval transfer", `--checkpoint ${checkpoint}`);
  expect([of("pretrain"), transfers(out), transfers("random"), transfers("pixels"), of("eval finetune --checkpoint random", "--epochs 1 --test-images 20")]).toEqual([3, 10, 4, 1, 2]);
  expect(calls.filter((call) => call.startsWith("eval transfer")).every((call) => call.includes("--to images=train,test --baselines none") && call.includes("--train-images 50 --test-images 20 --seed 0 --no-plots --json"))).toBe(true);
  expect(results.find({ kind: "training", method: "mae" })).toMatchObject({ commit: "abc1234", steps: 10, images_seen: 640, images_per_second: 320, memory_mb: 100, loss: 2, embedding_deviation: 0.5, evaluation_cpu_seconds: 2 });
  expect(results.find({ kind: "supervised" })).toMatchObject({ top1: 0.2, memory_mb: 100, scores: { cls: { knn: { top1: 0.4 } } } });
  expect(lines.filter((line) => line.includes("of 3 trainings left"))).toHaveLength(3);
});

test("a sitting that failed goes on where it stopped", async () => {
  await expect(measureQuality(sitting(), open(), context(fakeCommand({ broken: "--checkpoint random" }).run))).rejects.toThrow("no memory");
  const { run, calls } = fakeCommand();
  const results = open(true);
  await measureQuality(sitting(), results, context(run));
  expect(calls.filter((call) => call.startsWith("pretrain")).map((call) => call.split(" ")[2])).toEqual(["@ssl-vit/mae", "@ssl-vit/byol"]);
  expect(results.measurements.map(({ kind }) => kind as string).sort()).toEqual(["pixels", "random", "random", "supervised", "supervised", "training", "training", "training"]);
});

test("nothing new is begun when the time is spent, and the rest is told", async () => {
  const { run, calls } = fakeCommand();
  let looks = 0;
  const lines: string[] = [];
  const results = open();
  await measureQuality(sitting(), results, { ...context(run, lines), budget: { isSpent: () => ++looks > 4 } });
  // SimCLR with its three baselines.
  expect(results.measurements.map(({ kind }) => kind as string)).toEqual(["training", "random", "pixels", "supervised"]);
  expect(lines.at(-1)).toBe("the time of --budget is spent: 2 measurements are left, and --resume goes on");
  await measureQuality(sitting(), open(true), context(run));
  expect(calls.filter((call) => call.startsWith("pretrain"))).toHaveLength(3);
});

test("a training that was stopped goes on, and a layer that was judged is not judged again", async () => {
  await expect(measureQuality(sitting(), open(), context(fakeCommand({ stopping: "simclr-0" }).run))).rejects.toThrow("stopped");
  // Nothing is in the results: the sitting goes on with what lies in the folder.
  const results = open();
  await expect(measureQuality({ ...sitting(), isResumed: true }, results, context(fakeCommand({ broken: "--layer mean" }).run))).rejects.toThrow("no memory");
  const { run, calls } = fakeCommand();
  await measureQuality({ ...sitting(), isResumed: true }, results, context(run));
  expect(calls.filter((call) => call.startsWith("pretrain")).map((call) => call.split(" ")[2])).toEqual(["@ssl-vit/mae", "@ssl-vit/byol"]);
  const judged = calls.filter((call) => call.includes(`--checkpoint ${join(out, "runs", "simclr-0")}`));
  expect(judged.map((call) => call.split("--layer ")[1])).toEqual(["mean"]);
  // What it took is not known, and not made up.
  expect(results.find({ kind: "training", method: "simclr" })).toMatchObject({ steps: 10, memory_mb: 100 });
  expect(results.find({ kind: "training", method: "simclr" })).not.toHaveProperty("seconds");
  expect(qualityTable({ data: "test", trainImages: 50, testImages: 20, imagesSeen: 640, precision: "float32", cpu: "some CPU", cores: 2, node: "20" })(results.measurements)).toMatch(/\| simclr \|.*\| – \| – \| – \| 100 \|/);
});

test("a run of an earlier sitting that is another training is begun anew", async () => {
  await expect(measureQuality(sitting(), open(), context(fakeCommand({ stopping: "simclr-0" }).run))).rejects.toThrow("stopped");
  const { run, calls } = fakeCommand({ broken: "--resume" });
  const results = open();
  await measureQuality({ ...sitting(), isResumed: true }, results, context(run));
  expect(calls[0]).toContain("pretrain --method @ssl-vit/simclr");
  expect(calls[0]).not.toContain("--resume");
  expect(results.find({ kind: "training", method: "simclr" })).toMatchObject({ seconds: 2 });
});

test("a training that other code began is begun anew: it would be of both", async () => {
  await expect(measureQuality(sitting(), open(), context(fakeCommand({ stopping: "simclr-0" }).run))).rejects.toThrow("stopped");
  const { run, calls } = fakeCommand();
  const results = open();
  await measureQuality({ ...sitting(), commit: "def5678", isResumed: true }, results, context(run));
  expect(calls[0]).toContain("pretrain --method @ssl-vit/simclr");
  expect(calls[0]).not.toContain("--resume");
  expect(results.find({ kind: "training", method: "simclr" })).toMatchObject({ commit: "def5678", seconds: 2 });
});

test("each seed has a training, images and baselines of its own", async () => {
  const { run, calls } = fakeCommand();
  await measureQuality(sitting([0, 3]), open(), context(run));
  expect(calls.filter((call) => call.includes("--seed 3"))).toHaveLength(calls.length / 2);
});

test("--steps-only trains so many steps of each and evaluates nothing", async () => {
  const { run, calls } = fakeCommand();
  const results = openResultsFile("steps", { benchmark: "quality", out, circumstances: {}, table: stepsTable });
  await measureSteps({ methods, seeds: [0], steps: 12, precision: "float32", trainImages: { path: "train" }, out }, results, context(run));
  expect(calls).toHaveLength(3);
  expect(calls.every((call) => call.startsWith("pretrain") && call.includes("--steps 12"))).toBe(true);
  expect(results.measurements.map(({ seconds }) => seconds as number)).toEqual([2, 2, 2]);
});

test("methods are those that the command lists; an unknown one is refused with the nearest", async () => {
  const run: RunSslVit = () => Promise.resolve({ json: [{ name: "simclr", package: "@ssl-vit/simclr" }, { name: "gone", package: "@ssl-vit/gone" }], seconds: 1, cpuSeconds: 1, maxRssMb: 100 });
  const lines: string[] = [];
  const find = (wanted?: string[]) => installedMethods(wanted, run, new AbortController().signal, (text) => { lines.push(text); });
  const found = await find();
  expect(found).toMatchObject([{ name: "simclr", preset: { batchSize: 128 } }]);
  expect(lines).toEqual(['gone is left out: @ssl-vit/gone has no preset "small".']);
  await expect(find(["simclir"])).rejects.toThrow('[quality] --methods: expected some of simclr, gone, received "simclir". Did you mean "simclr"?');
  await expect(find(["gone"])).rejects.toThrow('expected methods with a preset "small", received "gone"');
});
