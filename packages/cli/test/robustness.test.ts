import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../src/index.js";
import { captureOutput } from "./capture-output.js";

const folder = mkdtempSync(join(tmpdir(), "ssl-vit-robustness-"));
const at = (name: string): string => join(folder, name);

/** Dark and bright grey squares: classes that brightness tells apart. */
async function drawClasses(name: string, shades: Readonly<Record<string, number>>): Promise<void> {
  for (const [label, shade] of Object.entries(shades)) {
    mkdirSync(at(`${name}/${label}`), { recursive: true });
    for (let picture = 0; picture < 6; picture++) {
      const level = shade + picture;
      await sharp({ create: { width: 16, height: 16, channels: 3, background: { r: level, g: level, b: level } } }).toFile(at(`${name}/${label}/${picture}.png`));
    }
  }
}

beforeAll(async () => {
  await drawClasses("train", { dark: 90, bright: 160 });
  await drawClasses("test", { dark: 90, bright: 160 });
});
afterAll(() => { rmSync(folder, { recursive: true }); });

const captured = captureOutput();

const evaluate = (...more: string[]): Promise<number> =>
  run(["eval", "robustness", "--engine", "cpu", "--workers", "0", "--checkpoint", "pixels", "--image-size", "16", "--train", at("train"), "--test", at("test"), "--no-plots", ...more]);

interface Result {
  readonly cleanTop1: number;
  readonly meanTop1: number;
  readonly overlap: number;
  readonly extra?: { readonly meanTop1: number };
  readonly corruptions: readonly { readonly name: string; readonly severities: readonly { readonly severity: number; readonly top1: number }[] }[];
  readonly protocol: object;
}

async function resultOf(...more: string[]): Promise<Result> {
  expect(await evaluate("--json", ...more), captured.told).toBe(0);
  return JSON.parse(captured.printed.trim().split("\n").at(-1)!) as Result;
}

describe("ssl-vit eval robustness", () => {
  it("learns from clean images, and is misled by what the corruption does to the test images", async () => {
    const result = await resultOf("--kind", "linear", "--weight-decay", "0.01", "--corruptions", "brightness,motion-blur", "--severities", "5,1", "--out", at("linear.json"));
    expect(result.cleanTop1).toBe(1);
    // Dark squares that are 76 levels brighter are bright ones; even squares are what they were after a blur.
    expect(result.corruptions.map(({ name, severities }) => [name, severities.map(({ severity, top1 }) => [severity, top1])])).toEqual([
      ["brightness", [[1, 1], [5, 0.5]]],
      ["motion-blur", [[1, 1], [5, 1]]],
    ]);
    expect(result.meanTop1).toBeCloseTo(0.875, 9);
    expect(result.protocol).toMatchObject({ kind: "robustness", corruptions: ["brightness", "motion-blur"], severities: [1, 5], scale: "cifar", seed: 0, classifier: { kind: "linear", weightDecay: 0.01 } });
    expect(captured.told).toContain("corrupted brightness (1 of 2): top-1 100.0, 50.0 %");
    expect(JSON.parse(readFileSync(at("linear.json"), "utf8"))).toMatchObject({ kind: "robustness", meanTop1: result.meanTop1 });
  });

  it("prints a table", async () => {
    expect(await evaluate("-k", "5", "--corruptions", "contrast,brightness", "--scale", "imagenet", "--severities", "5", "--train-images", "10", "--test-images", "12"), captured.told).toBe(0);
    // 128 levels more leave no dark square. Less contrast keeps an even image.
    expect(captured.printed.split("\n\n").slice(0, 2)).toEqual([
      `| top-1 %, by severity |     5 |  mean |
| -------------------- | ----: | ----: |
| contrast             | 100.0 | 100.0 |
| brightness           |  50.0 |  50.0 |
| mean                 |  75.0 |  75.0 |`,
      "Clean: 100.0 %. Mean corruption error 25.0 %, relative drop 25.0 %, of 2 of ImageNet-C's 15 corruptions.",
    ]);
    expect(captured.printed).toContain("k-NN, k 5, temperature 0.07, learned once, from clean images; 12 test images, strengths of ImageNet-C.");
  });

  it("averages the extra corruptions apart, and warns of test images that are in the training set", async () => {
    const result = await resultOf("-k", "5", "--corruptions", "brightness,gaussian-blur", "--severities", "5", "--scale", "imagenet");
    expect([result.meanTop1, result.extra!.meanTop1, result.overlap]).toEqual([0.5, 1, 12]);
    expect(captured.told).toContain("12 of 12 test images are in the training set as well: ");
    captured.printed = "";
    expect(await evaluate("-k", "5", "--corruptions", "gaussian-blur", "--severities", "5")).toBe(0);
    expect(captured.printed).toMatch(/\| gaussian-blur \(extra\) +\| 100\.0[^]*\| mean of the extra ones +\| 100\.0/);
    expect(captured.printed).toContain("No mean corruption error: of the standard corruptions there is none.");
  });

  it("leaves out what grey images do not have, unless it is asked for", async () => {
    const gray = ["--channels", "1", "-k", "3", "--severities", "1"];
    const result = await resultOf(...gray);
    expect(result.corruptions).toHaveLength(14);
    expect(captured.told).toContain("left out  saturate: only RGB has it");
    expect(await evaluate(...gray, "--corruptions", "saturate")).toBe(2);
    expect(captured.told).toContain("expected a corruption of images with 1 channels, received \"saturate\"");
  });

  it.each([
    [["--corruptions", "fogg"], 'Did you mean "fog"?'],
    [["--severities", "1,6"], "--severities: expected numbers from 1 to 5, with commas, received 6"],
    [["--severities", ""], "--severities: expected numbers from 1 to 5"],
    [["--kind", "forest"], "Allowed choices are knn, linear"],
    [["-k", "99"], "--k: expected at most 12, the images of"],
    [["--corruptions", "frost"], "received frost. frost is left out because it is laid over the authors' own photographs"],
    [["--corruptions", "fog,jpeg_compression"], "jpeg is left out because it needs a JPEG encoder"],
  ])("refuses %j", async (options, message) => {
    expect(await evaluate(...options)).toBe(2);
    expect(captured.told).toContain(message);
  });
});

describe("ssl-vit visualize corruptions", () => {
  const draw = (...more: string[]): Promise<number> => run(["visualize", "corruptions", "--data", at("test"), "--image-size", "16", "-n", "2", ...more]);

  it("draws a column for each corruption", async () => {
    expect(await draw("--out", at("all.svg")), captured.told).toBe(0);
    const svg = readFileSync(at("all.svg"), "utf8");
    expect(svg.match(/<image /g)).toHaveLength(2 * (1 + 15));
    for (const word of ["severity 3", "gaussian-noise", "elastic-transform"]) expect(svg).toContain(word);
  });

  it("draws those asked for, more strongly at a higher severity", async () => {
    const brightnessAt = async (severity: string): Promise<number> => {
      const out = at(`bright-${severity}.png`);
      expect(await draw("--out", out, "--corruptions", "brightness", "--severity", severity), captured.told).toBe(0);
      return (await sharp(out).stats()).channels[0]!.mean;
    };
    expect(await brightnessAt("5")).toBeGreaterThan((await brightnessAt("1")) + 1);
  });

  it("refuses a severity and a corruption that do not exist, and draws nothing", async () => {
    expect(await draw("--out", at("none.png"), "--severity", "6")).toBe(2);
    expect(await draw("--out", at("none.png"), "--corruptions", "frost")).toBe(2);
    expect(captured.told).toContain("--corruptions: expected all, or some of gaussian-noise");
    expect(existsSync(at("none.png"))).toBe(false);
  });
});
