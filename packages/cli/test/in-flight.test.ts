import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../src/index.js";
import { captureOutput } from "./capture-output.js";

const folder = mkdtempSync(join(tmpdir(), "ssl-vit-in-flight-"));
const at = (name: string): string => join(folder, name);

/** Red and blue squares of many shades: classes that any encoder tells apart. */
async function drawClasses(name: string, count: number): Promise<void> {
  for (const [label, index] of [["red", 0], ["blue", 2]] as const) {
    mkdirSync(at(`${name}/${label}`), { recursive: true });
    for (let picture = 0; picture < count; picture++) {
      const color = [40, 40, 40];
      color[index] = 150 + 5 * picture;
      const [r, g, b] = color as [number, number, number];
      await sharp({ create: { width: 16, height: 16, channels: 3, background: { r, g, b } } }).toFile(at(`${name}/${label}/${picture}.png`));
    }
  }
}

beforeAll(async () => {
  await drawClasses("train", 12);
  await drawClasses("test", 4);
  mkdirSync(at("flat"));
  for (let picture = 0; picture < 20; picture++) await sharp({ create: { width: 16, height: 16, channels: 3, background: { r: picture, g: 0, b: 0 } } }).toFile(at(`flat/${picture}.png`));
});
afterAll(() => { rmSync(folder, { recursive: true }); });

const captured = captureOutput();

const pretrain = (...more: string[]): Promise<number> => {
  const tiny = ["--set", "model.embedDim=16", "model.depth=1", "model.numHeads=2"];
  return run(["pretrain", "--method", "simclr", "--data", at("train"), "--engine", "cpu", "--image-size", "16", "--batch-size", "8", "--workers", "0", "--steps", "4", "--no-diagnose", ...more, ...tiny]);
};

describe("evaluation in flight", () => {
  it("is told before training and every so many steps, logged, and leads to the best checkpoint, which can be named", async () => {
    const out = at("run");
    expect(await pretrain("--out", out, "--eval-train", at("train"), "--eval-test", at("test"), "--eval-every", "2")).toBe(0);
    expect(captured.told).toMatch(/before training: knnTop1 [\d.]+, imageMean -?[\d.]+, imageDeviation [\d.]+\n/);
    expect(captured.told).toMatch(/step 4\/4 .* knnTop1 [\d.]+ %/);
    const lines = readFileSync(join(out, "metrics.jsonl"), "utf8").trimEnd().split("\n").map((line) => JSON.parse(line) as { step: number; evaluation?: { knnTop1: number } });
    const judged = lines.filter(({ evaluation }) => evaluation !== undefined);
    expect(judged.map(({ step }) => step)).toEqual([0, 2, 4]);
    for (const { evaluation } of judged.slice(1)) expect(evaluation!.knnTop1).toBeGreaterThan(0.7);
    expect(captured.told).not.toMatch(/step \d.*imageMean/);

    const best = join(out, "checkpoints", "best");
    expect(readFileSync(best, "utf8")).toMatch(/^step-0000000[24]\n$/);
    expect(await run(["eval", "knn", "--engine", "cpu", "--checkpoint", best, "--train", at("train"), "--test", at("test"), "--workers", "0", "--json"])).toBe(0);
    // The same protocol on the same images gives the number that was seen in flight.
    const { top1, run: checkpoint } = JSON.parse(captured.printed) as { top1: number; run: object };
    expect(top1).toBe(Math.max(...judged.slice(1).map(({ evaluation }) => evaluation!.knnTop1)));
    expect(checkpoint).toEqual({ name: readFileSync(best, "utf8").trim(), weights: "last" });
  });

  it.each([
    ["knn", "--eval-train", at("train"), "--eval-test", at("test"), "--eval-kind", "knn"],
    ["linear", "--eval-train", at("train"), "--eval-test", at("test"), "--eval-kind", "linear"],
    ["quality", "--eval-quality"],
    ["other", "--eval-other-train", at("train"), "--eval-other-test", at("test")],
  ])("by %s leaves the bytes of the run as they are without it", async (kind, ...asked) => {
    const digestsOf = (out: string): string[] =>
      ["model.safetensors", "training.safetensors"].map((file) => createHash("sha256").update(readFileSync(join(out, "checkpoints/step-00000004", file))).digest("hex"));
    expect(await pretrain("--out", at(`judged-${kind}`), "--eval-every", "1", ...asked)).toBe(0);
    expect(await pretrain("--out", at(`plain-${kind}`))).toBe(0);
    expect(digestsOf(at(`judged-${kind}`))).toEqual(digestsOf(at(`plain-${kind}`)));
  });

  it("judges another domain by k-NN beside, whatever the kind, which chooses no best checkpoint", async () => {
    const other = ["--eval-other-train", at("train"), "--eval-other-test", at("test"), "--eval-every", "4"];
    expect(await pretrain("--out", at("domains"), "--eval-train", at("train"), "--eval-test", at("test"), "--eval-kind", "linear", ...other)).toBe(0);
    expect(captured.told).toMatch(/step 4\/4 .* linearTop1 [\d.]+ % · otherKnnTop1 [\d.]+ %/);
    const [first, last] = readFileSync(at("domains/metrics.jsonl"), "utf8").trimEnd().split("\n").map((line) => (JSON.parse(line) as { evaluation?: Record<string, number> }).evaluation).filter((evaluation) => evaluation !== undefined);
    expect(Object.keys(first!)).toEqual(["linearTop1", "otherKnnTop1", "imageMean", "imageDeviation"]);
    // The training images do not change.
    expect([last!["imageMean"], last!["imageDeviation"]]).toEqual([first!["imageMean"], first!["imageDeviation"]]);
    expect(last!["otherKnnTop1"]).toBeGreaterThan(0.7);
    expect(JSON.parse(readFileSync(at("domains/checkpoints/best.json"), "utf8"))).toMatchObject({ metric: "linearTop1" });

    expect(await pretrain("--out", at("other-alone"), ...other)).toBe(0);
    expect(existsSync(at("other-alone/checkpoints/best"))).toBe(false);
    expect(captured.told).toContain("(poor-transfer) cannot be told");
  });

  it("warns once of test images that are in the training set, and of a test set of one class", async () => {
    mkdirSync(at("blue"));
    mkdirSync(at("blue/red"));
    cpSync(at("train/blue"), at("blue/blue"), { recursive: true });
    expect(await pretrain("--out", at("leaky-run"), "--eval-train", at("train"), "--eval-test", at("blue"), "--eval-every", "1")).toBe(0);
    expect(captured.told.match(/12 of 12 test images are in the training set as well: /g)?.length).toBe(1);
    expect(captured.told.match(/All 12 test images of .* are of one class, blue: /g)?.length).toBe(1);
  });

  it("refuses images without labels before there is a run's folder", async () => {
    expect(await pretrain("--out", at("unlabelled"), "--eval-train", at("train"), "--eval-test", at("flat"))).toBe(2);
    expect(captured.told).toContain("expected a class for every image");
    expect(existsSync(at("unlabelled"))).toBe(false);
  });

  it("names images that cannot be read once, and leaves them out", async () => {
    mkdirSync(at("damaged"));
    cpSync(at("test"), at("damaged"), { recursive: true });
    writeFileSync(at("damaged/red/0.png"), "no image");
    expect(await pretrain("--out", at("damaged-run"), "--eval-train", at("train"), "--eval-test", at("damaged"), "--eval-every", "2")).toBe(0);
    expect(captured.told.match(/left out of the evaluation: red\/0\.png: /g)?.length).toBe(1);
  });

  it.each([
    [["--eval-train", "train"], "--eval-test: expected labelled images, as --eval-train is given, received nothing"],
    [["--eval-every", "3"], "--eval-every: expected with --eval-train and --eval-test, or --eval-other-train and --eval-other-test, labelled images, or with --eval-quality, received none of them"],
    [["--eval-other-test", "test"], "--eval-other-train: expected labelled images, as --eval-other-test is given, received nothing"],
    [["--signals-every", "2", "--no-diagnose"], "--signals-every: expected without --no-diagnose, which measures none, received both"],
    [["--eval-train", "train", "--eval-test", "none"], "expected an existing file or folder"],
    [["--eval-train", "flat", "--eval-test", "test"], "expected a class for every image, received 20 of 20 images without one"],
  ])("refuses %j before the first step", async (given, message) => {
    expect(await pretrain("--out", at("refused"), "--overwrite", ...given.map((word) => (/^[a-z]+$/.test(word) ? at(word) : word)))).toBe(2);
    expect(captured.told).toContain(message);
    expect(captured.told).not.toContain("step 1/");
  });
});

describe("--eval-quality", () => {
  const names = ["rankMe", "lidar", "alphaReq", "alignment", "uniformity", "embeddingDeviation", "effectiveRankBlock1"];
  const ofImages = ["imageMean", "imageDeviation"];
  const judgedIn = (out: string): { step: number; evaluation: Readonly<Record<string, number | null>> }[] =>
    readFileSync(join(out, "metrics.jsonl"), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { step: number; evaluation: Readonly<Record<string, number | null>> })
      .filter(({ evaluation }) => (evaluation as object | undefined) !== undefined);

  it("logs numbers that need no labels, which choose no best checkpoint; a resumed run has those of an undisturbed one", async () => {
    const asked = ["--eval-quality", "--eval-quality-images", "20", "--eval-every", "1"];
    expect(await pretrain("--out", at("quality"), ...asked)).toBe(0);
    expect(captured.told).toMatch(/before training: rankMe [\d.]+, lidar [\d.]+, .*effectiveRankBlock1 [\d.]+, imageMean/);
    expect(captured.told).toMatch(/step 4\/4 .* rankMe [\d.]+ · lidar [\d.]+ · lr/);
    expect(captured.told).not.toContain("checkpoints/best");
    expect(existsSync(join(at("quality"), "checkpoints", "best"))).toBe(false);
    const judged = judgedIn(at("quality"));
    expect(judged.map(({ step }) => step)).toEqual([0, 1, 2, 3, 4]);
    for (const { evaluation } of judged) {
      expect(Object.keys(evaluation)).toEqual([...names, ...ofImages]);
      expect(evaluation["rankMe"]).toBeGreaterThan(1);
      expect(evaluation["lidar"]).toBeLessThanOrEqual(16);
    }
    expect(new Set(judged.map(({ evaluation }) => evaluation["lidar"])).size).toBe(4); // The warm-up begins at a learning rate of 0.

    expect(await pretrain("--out", at("quality-resumed"), ...asked, "--max-time", "0.001s")).toBe(0);
    expect(await pretrain("--out", at("quality-resumed"), ...asked, "--resume")).toBe(0);
    expect(captured.told).toContain("resumed from step-00000001");
    expect(judgedIn(at("quality-resumed"))).toEqual(judged);

    // The same numbers afterwards, by the command.
    expect(await run(["eval", "quality", "--engine", "cpu", "--checkpoint", at("quality"), "--data", at("train"), "--images", "20", "--workers", "0", "--json"])).toBe(0);
    const { rankMe, lidar, effectiveRankByBlock, protocol } = JSON.parse(captured.printed) as { rankMe: number; lidar: number; effectiveRankByBlock: number[]; protocol: object };
    expect({ rankMe, lidar, effectiveRankBlock1: effectiveRankByBlock[0] }).toEqual(Object.fromEntries(["rankMe", "lidar", "effectiveRankBlock1"].map((name) => [name, judged[4]!.evaluation[name]])));
    expect(protocol).toMatchObject({ kind: "quality", images: 20, viewsPerImage: 8, layer: "cls", seed: 0 });
  });

  it("goes with an accuracy, which stays first and chooses the best checkpoint", async () => {
    expect(await pretrain("--out", at("both"), "--eval-quality", "--eval-train", at("train"), "--eval-test", at("test"), "--eval-every", "2")).toBe(0);
    for (const { evaluation } of judgedIn(at("both"))) expect(Object.keys(evaluation)).toEqual(["knnTop1", ...names, ...ofImages]);
    expect(JSON.parse(readFileSync(join(at("both"), "checkpoints", "best.json"), "utf8"))).toMatchObject({ metric: "knnTop1" });
    expect(captured.told).toContain("checkpoints/best");
  });

  it("ends no run of a representation that tells no image apart", async () => {
    mkdirSync(at("same"));
    for (let picture = 0; picture < 10; picture++) await sharp({ create: { width: 16, height: 16, channels: 3, background: "black" } }).toFile(at(`same/${picture}.png`));
    expect(await pretrain("--out", at("collapsed"), "--data", at("same"), "--eval-quality", "--eval-every", "4")).toBe(0);
    const { evaluation } = judgedIn(at("collapsed")).at(-1)!;
    // Alpha-ReQ has no spectrum to fit.
    expect(evaluation).toMatchObject({ lidar: 0, alphaReq: null, effectiveRankBlock1: 0 });
    expect(evaluation["rankMe"]).toBeCloseTo(1, 2);
    for (const name of names) if (name !== "alphaReq") expect(evaluation[name], name).toEqual(expect.any(Number));
  });
});

describe("eval quality", () => {
  it("prints each number with how it is read, of a baseline too", async () => {
    const untrained = ["--checkpoint", "random", "--image-size", "16", "--model", "vit-pico"];
    expect(await run(["eval", "quality", "--engine", "cpu", ...untrained, "--data", at("train"), "--images", "12", "--views-per-image", "2", "--workers", "0"])).toBe(0);
    expect(captured.printed).toMatch(/\| measure +\| +value \| how to read it +\|/);
    expect(captured.printed).toMatch(/\| RankMe +\| +[\d.]+ \| dimensions in use, of at most 12;/);
    expect(captured.printed).toMatch(/\| effective rank, block 6 +\| +[\d.]+ \| directions in which images differ after it, of at most 11 /);
    expect(captured.printed).toContain("Of 12 images by cls; LiDAR and alignment of 2 augmented views of each.");
  });

  it("refuses pixels, which have no tokens", async () => {
    expect(await run(["eval", "quality", "--engine", "cpu", "--checkpoint", "pixels", "--data", at("train")])).toBe(2);
    expect(captured.told).toContain("--checkpoint: expected a run, or random: something with tokens, received pixels.");
  });
});

describe("--dry-run", () => {
  it("estimates time and memory as JSON, and writes nothing", async () => {
    expect(await pretrain("--dry-run", "--json", "--out", at("dry"))).toBe(0);
    const { secondsAStep, steps, seconds, memoryMb } = JSON.parse(captured.printed) as Record<string, number>;
    expect(steps).toBe(4);
    expect(seconds).toBeCloseTo(secondsAStep! * 4, 9);
    expect(memoryMb).toBeGreaterThan(50);
    expect(() => readFileSync(join(at("dry"), "config.resolved.json"))).toThrow("ENOENT");
  });

  it.each([["--steps", "1"], ["--steps", "3", "--max-time", "1s"]])("estimates a run of %s %s, too short to be timed, by more steps than it has", async (...length) => {
    expect(await pretrain("--dry-run", "--json", "--out", at("dry"), ...length), captured.told).toBe(0);
    const { secondsAStep, steps, seconds } = JSON.parse(captured.printed) as Record<string, number>;
    expect(steps).toBe(Number(length[1]));
    expect(secondsAStep).toBeGreaterThan(0);
    expect(seconds).toBeCloseTo(secondsAStep! * steps!, 9);
    expect(captured.told).not.toContain("finished");
  });
});

describe("--json", () => {
  it("belongs to --dry-run", async () => {
    expect(await pretrain("--json", "--out", at("json"))).toBe(2);
    expect(captured.told).toContain("--json: expected with --dry-run, whose estimate it prints, received without.");
  });
});

describe("--max-time", () => {
  it("saves and ends when the time is up; --resume goes on", async () => {
    const out = at("timed");
    expect(await pretrain("--out", out, "--max-time", "0.001s")).toBe(0);
    expect(captured.told).toContain("time is up: stopped after step 1, saved step-00000001");
    expect(await pretrain("--out", out, "--resume")).toBe(0);
    expect(captured.told).toContain("resumed from step-00000001");
    expect(captured.told).toContain("finished 4 steps");
  });
});
