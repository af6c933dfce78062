import { readFileSync } from "node:fs";
import { createRandom } from "@ssl-vit/core";
import type {} from "@ssl-vit/testing";
import { describe, expect, it } from "vitest";
import { drawBeta } from "../src/draw-beta.js";
import { mixBatch } from "../src/index.js";
import { applyMix, boxAround, drawMix, type LabelledBatch } from "../src/mix-batch.js";
import type { Region } from "../src/region.js";
import { chiSquareLimit } from "./distribution-limits.js";

interface Golden {
  readonly shape: LabelledBatch["shape"];
  readonly images: readonly number[];
  readonly labels: readonly number[];
  readonly classes: number;
  readonly labelSmoothing: number;
  readonly cases: readonly {
    readonly share: number;
    readonly keptShare: number;
    readonly images: readonly number[];
    readonly targets: readonly number[];
    readonly center?: readonly [number, number];
    readonly box?: Region;
  }[];
  readonly betaQuantiles: Readonly<Record<string, readonly number[]>>;
}

const golden = JSON.parse(readFileSync(new URL("golden/mixup.json", import.meta.url), "utf8")) as Golden;
const { shape, labels, classes, labelSmoothing } = golden;
const batch: LabelledBatch = { images: Float32Array.from(golden.images), shape, labels };
const random = createRandom(3);
const streams = (count: number) => Array.from({ length: count }, (_, index) => random.derive(index));

describe("as timm's Mixup, within 1e-6", () => {
  it.each(golden.cases.map((one) => [one.center === undefined ? "mixup" : `CutMix around ${one.center.join(" ")}`, one.share, one] as const))("%s, share %d", (_, __, one) => {
    const mix = one.center === undefined ? ({ kind: "mixup", share: one.share } as const) : ({ kind: "cutmix", box: boxAround(...one.center, one.share, shape) } as const);
    if (mix.kind === "cutmix") expect(mix.box).toEqual(one.box);
    const before = batch.images.slice();
    const { images, targets, share } = applyMix(batch, mix, classes, labelSmoothing);
    expect(images).toBeAllClose([...one.images], { absolute: 1e-6 });
    expect(targets).toBeAllClose([...one.targets], { absolute: 1e-6 });
    expect(share).toBeCloseTo(one.keptShare, 6);
    expect(batch.images, "the input").toEqual(before);
  });
});

describe("drawBeta", () => {
  const draws = 20_000;
  const error = 1e-3 / 4;

  it.each(Object.keys(golden.betaQuantiles))("of %s: 200 parts of equal probability are met equally often (χ², error rate 2.5e-4)", (alpha) => {
    const quantiles = golden.betaQuantiles[alpha]!;
    const counts = new Array<number>(quantiles.length + 1).fill(0);
    for (const stream of streams(draws)) {
      const value = drawBeta(Number(alpha), Number(alpha), stream);
      counts[quantiles.filter((quantile) => quantile < value).length]!++;
    }
    const expected = draws / counts.length;
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(chiSquare).toBeLessThan(chiSquareLimit(counts.length - 1, error));
    expect(chiSquare, "and not more evenly than chance").toBeGreaterThan(100);
  });

  it("stays a number for the smallest α", () => {
    const values = streams(500).map((stream) => drawBeta(1e-4, 1e-4, stream));
    expect(values.every((value) => value >= 0 && value <= 1)).toBe(true);
    expect(Math.abs(values.filter((value) => value > 0.5).length - 250)).toBeLessThan(5 * Math.sqrt(125));
  });

  it("has the mean α / (α + β)", () => {
    const mean = streams(draws).reduce((sum, stream) => sum + drawBeta(2, 6, stream), 0) / draws;
    expect(Math.abs(mean - 0.25)).toBeLessThan(5 * Math.sqrt((0.25 * 0.75) / 9 / draws));
  });
});

describe("drawMix", () => {
  it("mixes as often as it is told, and by CutMix as often", () => {
    const count = 4000;
    const mixes = streams(count).map((stream) => drawMix(shape, { probability: 0.6, cutmixProbability: 0.3 }, stream).kind);
    for (const [kind, share] of [["none", 0.4], ["cutmix", 0.18], ["mixup", 0.42]] as const) {
      expect(Math.abs(mixes.filter((one) => one === kind).length - share * count), kind).toBeLessThan(5 * Math.sqrt(count * share * (1 - share)));
    }
  });

  it("leaves out what has no α", () => {
    const kinds = (options: Parameters<typeof drawMix>[1]): string[] => [...new Set(streams(50).map((stream) => drawMix(shape, options, stream).kind))];
    expect(kinds({ cutmixAlpha: 0 })).toEqual(["mixup"]);
    expect(kinds({ mixupAlpha: 0 })).toEqual(["cutmix"]);
    expect(kinds({ mixupAlpha: 0, cutmixAlpha: 0 })).toEqual(["none"]);
    expect(kinds({}).sort()).toEqual(["cutmix", "mixup"]);
  });

  it("puts the box's center everywhere", () => {
    const lefts = streams(400).flatMap((stream) => {
      const mix = drawMix(shape, { mixupAlpha: 0, cutmixAlpha: 0.01 }, stream); // mostly a box of nothing, or of all
      return mix.kind === "cutmix" && mix.box.width > 0 && mix.box.width < shape[2] ? [mix.box.left] : [];
    });
    expect(new Set(lefts).size).toBeGreaterThan(1);
  });
});

describe("mixBatch", () => {
  it("gives targets that sum to 1, the same ones for the same stream", () => {
    const seen = new Set<number>();
    for (const stream of streams(50)) {
      const { targets, share } = mixBatch(batch, { classes }, stream);
      for (let image = 0; image < shape[0]; image++) {
        expect(targets.subarray(image * classes, (image + 1) * classes).reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
      }
      expect(mixBatch(batch, { classes }, stream)).toEqual(mixBatch(batch, { classes }, stream));
      seen.add(share);
    }
    expect(seen.size).toBeGreaterThan(30);
  });

  it("only smooths the labels of a batch that is not mixed", () => {
    const { images, targets, share } = mixBatch(batch, { classes, probability: 0, labelSmoothing: 0.2 }, random);
    expect(images).toEqual(batch.images);
    expect(share).toBe(1);
    expect(targets.subarray(0, 4)).toBeAllClose([0.05, 0.05, 0.85, 0.05]);
  });

  it.each<[Partial<LabelledBatch>, Partial<Parameters<typeof mixBatch>[1]>, string]>([
    [{ labels: [0, 1, -1, 0, 0] }, {}, "labels: expected class numbers from 0 to 3, received -1."],
    [{ labels: [0, 1, 4, 0, 0] }, {}, "labels: expected class numbers from 0 to 3, received 4."],
    [{ labels: [0] }, {}, "labels: expected 5, one an image, received 1."],
    [{ images: new Float32Array(7) }, {}, "images: expected 630 values for the shape [5, 7, 6, 3], received 7."],
    [{}, { classes: 0 }, "classes: expected a whole number of at least 1, received 0."],
    [{}, { mixupAlpha: -1 }, "mixupAlpha: expected a number ≥ 0, received -1."],
    [{}, { labelSmoothing: 1.5 }, "labelSmoothing: expected a number from 0 to 1, received 1.5."],
  ])("refuses %j %j", (wrong, options, message) => {
    expect(() => mixBatch({ ...batch, ...wrong }, { classes, ...options }, random)).toThrow(`[@ssl-vit/augment] ${message}`);
  });
});
