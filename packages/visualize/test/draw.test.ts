import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Encoder } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { tensor, tensor2d, type Tensor3D, tensor3d, tensor4d } from "@tensorflow/tfjs-core";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { drawAttention, drawReconstructions, type Picture, savePicture } from "../src/index.js";

const normalize = { mean: [0.5], std: [0.25] };
/** Two images of 4 px; every pixel of image i has the value of (i + 1) · 0.25 after the normalisation is undone. */
const images = tensor4d(Float32Array.from({ length: 2 * 4 * 4 * 3 }, (_, index) => ((index < 48 ? 0.25 : 0.5) - 0.5) / 0.25), [2, 4, 4, 3]);

/** [CLS], one register, four patches; head 0 looks at patch 0 alone, head 1 evenly at all. */
const encoder = {
  layout: { hasClsToken: true, registerTokens: 1, patchSize: 2, numHeads: 2 },
  lastAttention: () => {
    const [batch, heads, tokens] = [2, 2, 6];
    const values = new Float32Array(batch * heads * tokens * tokens);
    for (let image = 0; image < batch; image++) {
      values[image * heads * tokens * tokens + 2] = 1;
      for (let patch = 0; patch < 4; patch++) values[(image * heads + 1) * tokens * tokens + 2 + patch] = 0.25;
    }
    return tensor(values, [batch, heads, tokens, tokens]);
  },
} as unknown as Encoder;

/** The color in the middle of a tile's quarter: tiles of 4 px enlarged 28 times, 8 px of margin, 24 px of header. */
function colorAt({ width, data }: Picture, row: number, column: number, [y, x]: readonly [number, number]): number[] {
  const step = 112 + 8;
  const start = ((24 + 8 + row * step + 28 + y * 56) * width + 8 + column * step + 28 + x * 56) * 3;
  return [...data.subarray(start, start + 3)];
}

describe("drawAttention", () => {
  it("draws the image, the mean and every head, each map from its least to its most", async () => {
    const picture = await drawAttention({ encoder, images, normalize });
    expect([picture.width, picture.height]).toEqual([4 * 120 + 8, 24 + 2 * 120 + 8]);
    expect(colorAt(picture, 0, 0, [0, 0])).toEqual([64, 64, 64]);
    expect(colorAt(picture, 1, 0, [1, 1])).toEqual([128, 128, 128]);
    const [brightest, darkest] = [[252, 255, 164], [0, 0, 4]];
    for (const column of [1, 2]) {
      expect(colorAt(picture, 0, column, [0, 0])).toEqual(brightest);
      expect(colorAt(picture, 0, column, [1, 1])).toEqual(darkest);
    }
    expect(colorAt(picture, 0, 3, [0, 0])).toEqual(darkest);
  });

  it("draws the words over the columns", async () => {
    const { width, data } = await drawAttention({ encoder, images, normalize });
    const header = data.subarray(0, 24 * width * 3);
    expect(header.some((value) => value < 128)).toBe(true);
  });

  it("leaves no tensor behind", () => expectNoLeaks(() => drawAttention({ encoder, images, normalize })));

  it("refuses an encoder without [CLS]", async () => {
    const without = { ...encoder, layout: { ...encoder.layout, hasClsToken: false } };
    await expect(drawAttention({ encoder: without, images, normalize })).rejects.toThrow("encoder: expected one with a [CLS] token and lastAttention, received no [CLS] token.");
  });
});

describe("drawReconstructions", () => {
  const mask = tensor2d([1, 0, 0, 0, 0, 0, 0, 1], [2, 4]);
  const draw = (prediction: Tensor3D, normalizedTarget: boolean): Promise<Picture> =>
    drawReconstructions({ images, prediction, mask, patchSize: 2, normalize, normalizedTarget });

  it("hides and paints the masked patches only", async () => {
    const white = tensor3d(new Float32Array(2 * 4 * 12).fill(2), [2, 4, 12]);
    const picture = await draw(white, false);
    expect(colorAt(picture, 0, 1, [0, 0])).toEqual([128, 128, 128]);
    expect(colorAt(picture, 0, 2, [0, 0])).toEqual([255, 255, 255]);
    expect(colorAt(picture, 0, 2, [1, 1])).toEqual([64, 64, 64]);
    expect(colorAt(picture, 1, 2, [1, 1])).toEqual([255, 255, 255]);
    white.dispose();
  });

  it("puts a patch's own mean back where the target was normalised", async () => {
    const zero = tensor3d(new Float32Array(2 * 4 * 12), [2, 4, 12]);
    expect(colorAt(await draw(zero, true), 0, 2, [0, 0])).toEqual([64, 64, 64]);
    expect(colorAt(await draw(zero, false), 0, 2, [0, 0])).toEqual([128, 128, 128]);
    zero.dispose();
  });

  it("refuses patches of another image", async () => {
    const wrong = tensor3d(new Float32Array(2 * 9 * 12), [2, 9, 12]);
    await expect(draw(wrong, true)).rejects.toThrow("prediction: expected shape [2, 4, 12], received [2, 9, 12].");
    wrong.dispose();
  });
});

describe("savePicture", () => {
  it("writes a PNG that reads back equal, and refuses other names", async () => {
    const folder = mkdtempSync(join(tmpdir(), "ssl-vit-visualize-"));
    const picture: Picture = { width: 2, height: 1, data: Uint8Array.of(255, 0, 0, 0, 0, 255) };
    await savePicture(picture, join(folder, "two.png"));
    const { data, info } = await sharp(join(folder, "two.png")).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, [...data]]).toEqual([2, 1, [255, 0, 0, 0, 0, 255]]);
    await expect(savePicture(picture, join(folder, "two.jpg"))).rejects.toThrow("path: expected a name that ends in .png");
    rmSync(folder, { recursive: true });
  });
});
