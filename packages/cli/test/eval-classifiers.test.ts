import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { classifierReport } from "../src/classifier-report.js";
import type { ClassifierResult } from "../src/classifier-result.js";
import { run } from "../src/index.js";
import { linearSettings } from "../src/linear-settings.js";
import { fewStepsWarning, recipeDeviations } from "../src/recipe-deviations.js";
import { seedBySeed } from "../src/seed-by-seed.js";
import { captureOutput } from "./capture-output.js";

const folder = mkdtempSync(join(tmpdir(), "ssl-vit-classifiers-"));
const at = (name: string): string => join(folder, name);

/** Red, green and blue squares of many shades. */
async function drawClasses(name: string, count: number, classes: readonly string[] = ["red", "green", "blue"]): Promise<void> {
  for (const [label, color] of classes.entries()) {
    mkdirSync(at(`${name}/${color}`), { recursive: true });
    for (let picture = 0; picture < count; picture++) {
      const channels = [40, 40, 40];
      channels[label] = 120 + 6 * picture;
      const [r, g, b] = channels as [number, number, number];
      await sharp({ create: { width: 16, height: 16, channels: 3, background: { r, g, b } } }).toFile(at(`${name}/${color}/${picture}.png`));
    }
  }
}

const tiny = ["--set", "model.embedDim=16", "model.depth=2", "model.numHeads=2"];

beforeAll(async () => {
  await drawClasses("train", 16);
  await drawClasses("test", 5);
  await drawClasses("one", 8, ["red"]);
  mkdirSync(at("flat"));
  for (let picture = 0; picture < 8; picture++) await sharp({ create: { width: 16, height: 16, channels: 3, background: { r: picture, g: 0, b: 0 } } }).toFile(at(`flat/${picture}.png`));
  expect(await run(["pretrain", "--method", "simclr", "--data", at("train"), "--out", at("run"), "--engine", "cpu", "--image-size", "16", "--batch-size", "8", "--workers", "0", "--steps", "2", ...tiny])).toBe(0);
});
afterAll(() => { rmSync(folder, { recursive: true }); });
afterEach(() => { process.exitCode = undefined; });

const captured = captureOutput();

const evaluate = (kind: string, ...more: string[]): Promise<number> =>
  run(["eval", kind, "--engine", "cpu", "--workers", "0", "--checkpoint", at("run"), "--train", at("train"), "--test", at("test"), "--no-plots", ...more]);

interface Result {
  readonly top1: number;
  readonly top5: number;
  readonly protocol: Readonly<Record<string, unknown>>;
  readonly confusion: number[][];
  readonly intervals?: { readonly top1: { readonly mean: number; readonly low: number; readonly high: number; readonly count: number } };
  readonly results?: readonly Result[];
}

/** Runs an evaluation, and what it printed as JSON. */
async function resultOf(kind: string, ...more: string[]): Promise<Result> {
  expect(await evaluate(kind, "--json", ...more), captured.told).toBe(0);
  return JSON.parse(captured.printed.trim().split("\n").at(-1)!) as Result;
}

describe("eval linear", () => {
  it("is logistic regression to convergence unless told otherwise, in the same shape as ever", async () => {
    const result = await resultOf("linear");
    expect(Object.keys(result).sort()).toEqual(["checkpoint", "engine", "overlap", "protocol", "run", "top1", "top1Interval", "top5", "weightDecay"]);
    expect(result.protocol).toMatchObject({ kind: "linear", classifier: "multinomial logistic regression, to convergence", standardized: true, trainImages: 48 });
    expect(result.top1).toBeGreaterThan(0.9);
  });

  it.each([
    ["mae", { optimizer: { name: "lars", learningRate: 0.1, warmupEpochs: 1.25, momentum: 0.9, weightDecay: 0 }, batchNorm: true, layer: "cls" }],
    ["moco", { optimizer: { name: "sgd", learningRate: 3, momentum: 0.9, weightDecay: 0 }, batchNorm: false, layer: "cls" }],
  ])("follows %s's protocol with several seeds, and gives the mean and its interval", async (recipe, protocol) => {
    const { results, intervals, top1, confusion } = await resultOf("linear", "--recipe", recipe, "--epochs", "5", "--seeds", "0,1,2");
    expect(results!.map((one) => one.protocol["seed"])).toEqual([0, 1, 2]);
    for (const one of results!) expect(one.protocol).toMatchObject({ ...protocol, epochs: 5, batchSize: 48, trainViews: "as in testing" });
    expect(intervals!.top1).toMatchObject({ mean: top1, count: 3 });
    expect(confusion.flat().reduce((sum, count) => sum + count)).toBe(45);
  });

  it("learns from crops that are cut anew each epoch", async () => {
    const { top1, protocol } = await resultOf("linear", "--recipe", "moco", "--epochs", "10", "--augment", "--crop-min", "0.5", "--probe-batch-size", "16", "--train-images", "40");
    expect(top1).toBeGreaterThan(0.7);
    // The same test images as of features, known by their digest.
    expect(protocol["testDigest"]).toBe((await resultOf("linear")).protocol["testDigest"]);
    expect(protocol).toMatchObject({ testDigest: expect.stringMatching(/^[0-9a-f]{16}$/) as string, optimizer: { trustCoefficient: 0.001, learningRateSchedule: "cosine" }, batchSize: 16, trainImages: 40, testImages: 15, trainViews: { groups: [{ operations: [{ kind: "randomResizedCrop", scale: [0.5, 1], interpolation: "bilinear" }, { kind: "horizontalFlip" }] }] } });
  });

  it.each([
    [["--epochs", "3"], "--epochs: expected only with --solver sgd or lars, or --recipe, received logistic regression"],
    [["--solver", "sgd", "--recipe", "mae"], "--solver: expected lars, that of --recipe mae, received sgd."],
    [["--recipe", "dino"], 'layer: expected "last4" of at least 4 blocks, received an encoder of 2.'],
    [["--solver", "lars", "--crop-min", "0.5"], "--crop-min: expected with --augment, received without."],
    [["--seeds", "0,1,0"], 'Expected each number once, received "0,1,0".'],
    [["--recipe", "mae", "--train", at("one")], "classes of"],
    [["--recipe", "moco", "--augment", "--train", at("flat")], "expected a class for every image, received 8 of 8 images without one."],
  ])("refuses %j", async (more, message) => {
    expect(await evaluate("linear", ...more)).toBe(2);
    expect(captured.told).toContain(message);
  });
});

describe("eval linear that departs from its recipe", () => {
  it("says in what, and that there are few steps", async () => {
    await resultOf("linear", "--recipe", "moco", "--epochs", "2");
    expect(captured.told).toContain("recipe    moco's, but: features are computed once, without random crops (--augment cuts them); images are judged whole (theirs: --crop-ratio 0.875); 256 images a step (theirs: 1024; the rate is scaled); 2 epochs (theirs: 90)");
    expect(captured.told).toContain("2 steps in all: the recipe's rate is for many more.");
  });

  it("says nothing where it does not, and has steps enough", () => {
    expect(recipeDeviations({ ...linearSettings({ recipe: "moco", augment: true, probeBatchSize: 1024 })! }, 0.875)).toEqual([]);
    const settings = linearSettings({ recipe: "dino" })!;
    expect([fewStepsWarning(settings, 2560), fewStepsWarning(settings, 2559)]).toEqual([undefined, expect.stringMatching(/^900 steps in all/)]);
  });
});

describe("seeds that end early", () => {
  const found = (top1: number): ClassifierResult => ({ top1, top5: 1, confusion: [[1, 0], [0, 1]], protocol: { testImages: 100 } });

  it("keep what is finished before a seed that fails", async () => {
    const diverged = new Error("diverged");
    const results = await seedBySeed([3, 4, 5], new AbortController().signal, (seed) => (seed === 5 ? Promise.reject(diverged) : Promise.resolve(found(seed / 10))));
    expect(captured.told).toBe("seed 3    top-1 30.00 %\nseed 4    top-1 40.00 %\n");
    expect(results).toMatchObject({ seeds: [3, 4], failed: { seed: 5, error: diverged } });
    const { result, notes } = classifierReport("linear", "mae", results, undefined);
    // Of 100 images, by Wilson.
    expect((result["results"] as { top1Interval: number[] }[])[0]!.top1Interval).toEqual([expect.closeTo(0.2189, 3), expect.closeTo(0.3959, 3)]);
    expect(result).toMatchObject({ top1: 0.35, seeds: [3, 4], seedsAsked: [3, 4, 5], failed: { seed: 5, reason: "diverged" } });
    expect(notes!.at(-1)).toBe("Not complete: seed 5 of 3, 4, 5 is missing.");
    await expect(seedBySeed([3], new AbortController().signal, () => Promise.reject(diverged))).rejects.toBe(diverged);
  });

  it.each([[[]], [["--recipe", "moco", "--epochs", "100"]]])("are reported after Ctrl-C: eval linear %j", async (more) => {
    const out = at(`stopped-${more.length}.json`);
    const interrupt = setInterval(() => {
      if (!captured.told.includes("seed 0    top-1")) return;
      clearInterval(interrupt);
      process.emit("SIGINT");
    }, 0);
    expect(await evaluate("linear", ...more, "--seeds", Array.from({ length: 200 }, (_, seed) => seed).join(), "--out", out)).toBe(130);
    const { seeds, seedsAsked, stopped, top1 } = JSON.parse(readFileSync(out, "utf8")) as Result & { seeds: number[]; seedsAsked: number[]; stopped: boolean };
    expect([seeds[0], seedsAsked.length, stopped, typeof top1]).toEqual([0, 200, true, "number"]);
    expect(seeds.length).toBeLessThan(200);
    expect(captured.printed).toContain("Not complete: seeds ");
  });

  it("are reported when a later fine-tuning fails, which decides the exit code", async () => {
    const [out, kept] = [at("partial.json"), at("partial")];
    const settings = ["--epochs", "1", "--batch-size", "16", "--mixup", "0", "--run-folder", kept];
    expect(await evaluate("finetune", ...settings, "--seed", "1")).toBe(0);
    // The second seed's folder is taken.
    expect(await evaluate("finetune", ...settings, "--seeds", "0,1", "--out", out)).toBe(2);
    expect(JSON.parse(readFileSync(out, "utf8"))).toMatchObject({ seeds: [0], seedsAsked: [0, 1], failed: { seed: 1 }, protocol: { seed: 0 } });
    expect(captured.told).toContain("go on     the same command with --resume, and with --overwrite");
    expect((await resultOf("finetune", ...settings, "--seeds", "0,1", "--out", out, "--resume", "--overwrite")).results).toHaveLength(2);
  });
});

describe("eval finetune", () => {
  const short = ["--epochs", "6", "--batch-size", "8", "--train-images", "30", "--learning-rate", "0.03"];

  it("trains the whole encoder, draws equally many of each class, and records its protocol and figures", async () => {
    const out = at("finetuned.json");
    expect(await run(["eval", "finetune", "--engine", "cpu", "--workers", "0", "--checkpoint", at("run"), "--train", at("train"), "--test", at("test"), ...short, "--mixup", "0", "--seeds", "0,1", "--out", out])).toBe(0);
    const { results, top1, confusion } = JSON.parse(readFileSync(out, "utf8")) as Result;
    expect(top1).toBeGreaterThan(0.7);
    expect(confusion.map((row) => row.reduce((sum, count) => sum + count))).toEqual([10, 10, 10]);
    expect(results![1]!.protocol).toMatchObject({
      kind: "finetune", layer: "mean", trainImages: 30, testImages: 15, classes: 3, choice: "equally many of each class, by seed", epochs: 6, batchSize: 8, dropPathRate: 0.1, labelSmoothing: 0.1,
      averageMomentum: 0, headDeviation: 2e-5, seed: 1, mix: { mixupAlpha: 0, cutmixAlpha: 0 }, optimizer: { name: "adamw", learningRate: 0.03, layerDecay: 0.75, warmupEpochs: 1.5, betas: [0.9, 0.999], learningRateBatch: 256, learningRateSchedule: "cosine" },
    });
    // The seed draws the training images: intervals are over them.
    expect(results![1]!.protocol).not.toHaveProperty("trainDigest");
    expect(results![1]!.protocol["testDigest"]).toMatch(/^[0-9a-f]{16}$/);
    expect(results![1]!.protocol["testDigest"]).toBe(results![0]!.protocol["testDigest"]);
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(["finetuned-confusion.svg", "finetuned-confusion.png"]));
    expect(captured.printed).toMatch(/\| mean of seeds \| +[\d.]+ \| \[/);
  });

  it("stops at Ctrl-C and goes on to the same bytes and the same result", async () => {
    const settings = [...short, "--average-momentum", "0.9", "--cutmix", "1", "--random-erasing", "0.25"];
    const whole = await resultOf("finetune", ...settings, "--run-folder", at("whole"));
    const cut = at("cut/seed-0");
    const interrupt = setInterval(() => {
      if (!existsSync(join(cut, "metrics.jsonl"))) return;
      clearInterval(interrupt);
      process.emit("SIGINT");
    }, 1);
    expect(await evaluate("finetune", ...settings, "--run-folder", at("cut"), "--json")).toBe(130);
    expect(captured.told).toContain("go on     the same command with --resume");
    process.exitCode = undefined;
    expect(await evaluate("finetune", ...settings, "--run-folder", at("cut"), "--resume", "--average-momentum", "0.8")).toBe(2);
    expect(captured.told).toContain("resume: method.options.averageMomentum: expected 0.9 as in the run, received 0.8.");
    const resumed = await resultOf("finetune", ...settings, "--run-folder", at("cut"), "--resume");
    expect(resumed).toEqual(whole);
    const filesOf = (name: string): Buffer[] => ["model", "training"].map((file) => readFileSync(at(`${name}/seed-0/checkpoints/step-00000018/${file}.safetensors`)));
    expect(filesOf("cut")).toEqual(filesOf("whole"));
    // What was fine-tuned is a run like any other.
    expect(await run(["eval", "knn", "--engine", "cpu", "--workers", "0", "--checkpoint", at("cut/seed-0"), "--train", at("train"), "--test", at("test"), "--k", "5", "--json"])).toBe(0);
  });

  it("warns of test images that it was trained on", async () => {
    const result = await resultOf("finetune", "--epochs", "1", "--batch-size", "16", "--test", at("train"), "--test-images", "20");
    expect(result).toMatchObject({ overlap: 20 });
    expect(captured.told).toContain("20 of 20 test images are in the training set as well: ");
  });

  it("starts from untrained weights, another for each seed, by MAE's recipe too", async () => {
    const { results } = await resultOf("finetune", "--checkpoint", "random", "--like", at("run"), "--recipe", "mae", "--epochs", "1", "--batch-size", "16", "--seeds", "3,4", "--out", at("random.json"));
    expect(results!.map(({ protocol }) => [protocol["layer"], protocol["choice"], protocol["trainImages"], protocol["seed"]])).toEqual([["global-pool", "all", 48, 3], ["global-pool", "all", 48, 4]]);
  });

  it.each([
    [["--checkpoint", "pixels"], "--checkpoint: expected a run or random: pixels have no weights to train, received pixels."],
    [["--resume"], "--resume: expected with --run-folder, which it goes on with, received without."],
    [["--block", "1"], "--block: expected nothing: fine-tuning trains all blocks, received 1."],
    [["--layer-decay", "2"], "layerDecay: expected a number in (0, 1], received 2."],
    [["--train-images", "2"], "images: expected a whole number from 3, one a class, to 48, as many as have labels, received 2."],
    [["--train-images", "49"], "to 48, as many as have labels, received 49."],
    [["--train", at("flat")], "expected a class for every image, received 8 of 8 images without one."],
    [["--train", at("one"), "--test", at("one")], "expected at least two, received one: all 8 images are of red."],
    [["--recipe", "beit"], "Allowed choices are mae, small."],
  ])("refuses %j", async (more, message) => {
    expect(await evaluate("finetune", "--mixup", "0", ...more)).toBe(2);
    expect(captured.told).toContain(message);
  });
});
