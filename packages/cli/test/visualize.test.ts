import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../src/index.js";
import { captureOutput } from "./capture-output.js";

const folder = mkdtempSync(join(tmpdir(), "ssl-vit-visualize-"));
const at = (name: string): string => join(folder, name);
const captured = captureOutput();
const engine = ["--engine", "cpu"];

beforeAll(async () => {
  for (const label of ["<red>", "blue"]) {
    mkdirSync(at(`photos/${label}`), { recursive: true });
    for (let picture = 0; picture < 12; picture++) {
      const [r, b] = label === "blue" ? [40, 140 + 9 * picture] : [140 + 9 * picture, 40];
      const square = { input: { create: { width: 4 + picture % 8, height: 6, channels: 3 as const, background: { r: 20 * picture, g: 200, b: 90 } } }, left: picture % 5, top: 3 };
      await sharp({ create: { width: 16, height: 16, channels: 3, background: { r, g: 40, b } } }).composite([square]).toFile(at(`photos/${label}/${picture}.png`));
    }
  }
  const tiny = ["--set", "model.embedDim=16", "model.depth=1", "model.numHeads=2", "method.decoderDim=16", "method.decoderDepth=1", "method.decoderHeads=2"];
  const flight = ["--eval-train", at("photos"), "--eval-test", at("photos"), "--eval-every", "2"];
  expect(await run(["pretrain", "--method", "mae", "--data", at("photos"), "--out", at("run"), ...engine, "--image-size", "16", "--batch-size", "8", "--workers", "0", "--steps", "4", ...flight, ...tiny]), captured.told).toBe(0);
});
afterAll(() => { rmSync(folder, { recursive: true }); });

const visualize = (kind: string, out: string, ...more: readonly string[]): Promise<number> =>
  run(["visualize", kind, "--checkpoint", at("run"), ...(kind === "accuracy" ? [] : ["--data", at("photos"), ...engine]), "--out", at(out), ...more]);
const svgOf = (name: string): string => readFileSync(at(name), "utf8");
const imagesIn = (svg: string): number => svg.match(/<image /g)?.length ?? 0;

describe("ssl-vit visualize", () => {
  it.each([
    ["attention", ["-n", "2"], 2 * 4, ["What [CLS] attends to (mae, step-00000004)", "head 2"]],
    ["pca", ["-n", "2"], 2 * 5, ["Principal components of the patch tokens (mae, step-00000004)", "of variance"]],
    ["reconstruction", ["-n", "2"], 2 * 3, ["Hidden patches, painted (mae, step-00000004)", "75 % of the patches are hidden"]],
    ["umap", ["--neighbors", "5", "--workers", "0"], 0, ["Features of 24 images (mae, step-00000004)", "5 neighbours", "&lt;red&gt;"]],
    ["tsne", ["--perplexity", "5", "--workers", "0"], 0, ["Features of 24 images (mae, step-00000004)", "perplexity 5", "&lt;red&gt;"]],
    ["accuracy", [], 0, ["Evaluations in flight", "k-NN top-1", "accuracy (%)"]],
  ])("%s writes SVG and PNG, and the same bytes again", async (kind, options, images, words) => {
    expect(await visualize(kind, `${kind}.svg`, ...options), captured.told).toBe(0);
    const svg = svgOf(`${kind}.svg`);
    expect(imagesIn(svg)).toBe(images);
    for (const word of words) expect(svg).toContain(word);
    expect(await visualize(kind, `again/${kind}.svg`, ...options), captured.told).toBe(0);
    expect(svgOf(`again/${kind}.svg`)).toBe(svg);
    expect(await visualize(kind, `${kind}.png`, ...options), captured.told).toBe(0);
    const [{ width }, drawn] = [await sharp(at(`${kind}.png`)).metadata(), await sharp(Buffer.from(svg)).metadata()];
    expect(width).toBe(2 * drawn.width);
  });

  it.each(["attention", "pca"])("%s draws finer maps of larger images, smoothly where asked", async (kind) => {
    expect(await visualize(kind, `${kind}-32.svg`, "-n", "1", "--image-size", "32", "--rendering", "smooth"), captured.told).toBe(0);
    expect(await visualize(kind, `${kind}-30.svg`, "-n", "1", "--image-size", "30")).toBe(2);
    expect(captured.told).toContain("--image-size: expected a multiple of the patch size, 4, received 30. Take 28 or 32.");
    expect(existsSync(at(`${kind}-30.svg`))).toBe(false);
  });

  it.each(["attention", "pca", "reconstruction", "umap", "tsne", "accuracy"])("%s refuses another ending, and a file that exists, before anything is computed", async (kind) => {
    expect(await visualize(kind, "x.jpg")).toBe(2);
    expect(captured.told).toContain("--out: expected a name that ends in .svg or .png, received");
    writeFileSync(at("taken.png"), "mine");
    expect(await visualize(kind, "taken.png")).toBe(2);
    expect(captured.told).toContain("taken.png, which exists. Name another one, or add --overwrite.");
    expect(captured.told).not.toContain("engine    ");
    expect(readFileSync(at("taken.png"), "utf8")).toBe("mine");
  });
});

it("visualize reconstruction knows no average, which the decoder lacks", async () => {
  expect(await visualize("reconstruction", "average.png", "--weights", "average")).toBe(2);
  expect(captured.told).toContain("unknown option '--weights'");
});

describe("ssl-vit visualize accuracy", () => {
  it("leaves out a line that was cut off, and draws every metric", async () => {
    cpSync(at("run"), at("cut"), { recursive: true });
    appendFileSync(at("cut/metrics.jsonl"), '{"step":6,"evaluation":{"rankMe":7.5,"lidar":null}}\n{"step":8,"evaluation":{"rankM');
    expect(await run(["visualize", "accuracy", "--checkpoint", at("cut"), "--out", at("cut.svg")]), captured.told).toBe(0);
    expect(svgOf("cut.svg")).toContain("step: 6; value: 7.5; name: RankMe");
    expect(svgOf("cut.svg")).not.toContain("lidar");
    // What is of the images and not of what was learned stays out; the answer before the first step is there.
    expect(svgOf("cut.svg")).not.toContain("imageMean");
    expect(svgOf("cut.svg")).toMatch(/step: 0; value: [\d.]+; name: k-NN top-1/);
  });

  it("says plainly when there is none, and when it is no run", async () => {
    mkdirSync(at("unjudged"));
    writeFileSync(at("unjudged/metrics.jsonl"), '{"step":1,"loss":2}\n');
    expect(await run(["visualize", "accuracy", "--checkpoint", at("unjudged"), "--out", at("none.svg")])).toBe(2);
    expect(captured.told).toContain("expected a run with evaluations in flight, received none in its metrics.jsonl. pretrain --eval-train PATH --eval-test PATH, or --eval-quality, makes them.");
    expect(await run(["visualize", "accuracy", "--checkpoint", at("photos"), "--out", at("none.svg")])).toBe(2);
    expect(captured.told).toContain("--checkpoint: expected a run's folder, with metrics.jsonl, received");
  });
});
