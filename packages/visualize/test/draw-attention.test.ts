import { expectNoLeaks } from "@ssl-vit/testing";
import { type Rank, tensor4d, zeros } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { drawAttention } from "../src/index.js";
import { colorAt, picturesIn, rasterOf, wordsIn } from "./read-figure.js";
import { images, normalize, tinyEncoder } from "./tiny-encoder.js";

const encoder = tinyEncoder();
const [brightest, darkest] = [[252, 255, 164], [0, 0, 4]];

describe("drawAttention", () => {
  it("draws the image, the mean and every head, each map from its least to its most, which are written below it", async () => {
    const figure = await drawAttention({ encoder, images, normalize, title: "mine" });
    const pictures = await picturesIn(figure);
    expect(pictures.map(({ width, factor, pixelated }) => [width, factor, pixelated])).toEqual([4, 2, 2, 2, 4, 2, 2, 2].map((side) => [side, 112 / side, true]));
    expect([colorAt(pictures[0]!, 0, 0), colorAt(pictures[4]!, 3, 3)]).toEqual([[64, 64, 64], [128, 128, 128]]);
    for (const map of [1, 2]) expect([colorAt(pictures[map]!, 0, 0), colorAt(pictures[map]!, 1, 1)]).toEqual([brightest, darkest]);
    expect(colorAt(pictures[3]!, 0, 0)).toEqual(darkest);
    expect(wordsIn(figure)).toEqual(expect.arrayContaining(["mine", "image", "mean", "head 1", "head 2", "0.13 – 0.63", "0 – 1", "0.25 – 0.25", "least of a map", "most of a map"]));
  });

  it("shows patches with sharp edges where a PNG is made of it", async () => {
    const figure = await drawAttention({ encoder, images, normalize });
    const raster = await rasterOf(figure);
    expect([raster.width, raster.height]).toEqual([figure.width, figure.height]);
    const { x, y } = (await picturesIn(figure))[2]!;
    expect([colorAt(raster, y + 55, x + 55), colorAt(raster, y + 55, x + 56), colorAt(raster, y + 56, x + 55)]).toEqual([brightest, darkest, darkest]);
  });

  it("draws smoothly between the patches' centers, and over the image", async () => {
    const smooth = (await picturesIn(await drawAttention({ encoder, images, normalize, rendering: "smooth" })))[2]!;
    expect([smooth.width, smooth.factor, smooth.pixelated]).toEqual([112, 1, false]);
    const reds = Array.from({ length: 57 }, (_, step) => colorAt(smooth, 28, 28 + step)[0]!);
    expect(reds.every((red, step) => step === 0 || red <= reds[step - 1]! + 8)).toBe(true);
    expect(new Set(reds).size).toBeGreaterThan(20);
    const over = (await picturesIn(await drawAttention({ encoder, images, normalize, overlay: true })))[2]!;
    expect(colorAt(over, 5, 5)).toEqual(brightest.map((value) => Math.round(0.6 * value + 0.4 * 64)));
  });

  it("takes images of another size, by whole patches", async () => {
    const wide = zeros<Rank.R4>([1, 4, 5, 3]);
    await expect(drawAttention({ encoder, images: wide, normalize })).rejects.toThrow("images: expected sides that are multiples of the patch size, 2, received 4 × 5 px.");
    wide.dispose();
  });

  it("gives the same bytes again, and leaves no tensor behind", async () => {
    const draw = (): Promise<string> => drawAttention({ encoder, images, normalize, rendering: "smooth" }).then(({ svg }) => svg);
    expect(await draw()).toBe(await draw());
    await expectNoLeaks(() => drawAttention({ encoder, images, normalize }));
  });

  it("refuses an encoder without [CLS], and attention that is no number", async () => {
    const without = { ...encoder, layout: { ...encoder.layout, hasClsToken: false } };
    await expect(drawAttention({ encoder: without, images, normalize })).rejects.toThrow("encoder: expected one with a [CLS] token and lastAttention, received no [CLS] token.");
    const broken = { ...encoder, lastAttention: () => tensor4d(new Float32Array(144).fill(Number.NaN), [2, 2, 6, 6]) };
    await expect(drawAttention({ encoder: broken, images, normalize })).rejects.toThrow("attention: expected finite numbers, received NaN or infinity.");
  });
});
