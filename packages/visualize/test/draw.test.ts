import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Encoder } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { tensor, tensor2d, type Tensor3D, tensor3d, tensor4d } from "@tensorflow/tfjs-core";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { drawAttention, drawReconstructions, drawViews, type Picture, savePicture } from "../src/index.js";

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

describe("drawViews", () => {
  const statistics = { mean: [0.2, 0.4, 0.6], std: [0.5, 0.25, 0.2] };
  /** Views of two images of even colors, 0-255 by channel. */
  function view(name: string, side: number, colors: readonly (readonly number[])[]) {
    const channels = colors[0]!.length;
    const data = Float32Array.from({ length: 2 * side * side * channels }, (_, index) => {
      const channel = index % channels;
      return (colors[Math.floor(index / (side * side * channels))]![channel]! / 255 - statistics.mean[channel % 3]!) / statistics.std[channel % 3]!;
    });
    return { name, shape: [2, side, side, channels] as const, data };
  }
  const filled = (width: number, height: number, color: readonly number[]) => ({
    width,
    height,
    channels: color.length,
    data: Uint8Array.from({ length: width * height * color.length }, (_, index) => color[index % color.length]!),
  });
  const at = ({ width, data }: Picture, y: number, x: number): number[] => [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
  const white = [255, 255, 255];

  it("draws images and views in their colors, views all enlarged alike, each column as wide as its own", async () => {
    const views = [view("global", 56, [[10, 20, 30], [200, 100, 50]]), view("local", 28, [[1, 2, 3], [4, 5, 6]]), view("local", 28, [[7, 8, 9], [11, 12, 13]])];
    const picture = await drawViews({ images: [filled(30, 60, [90, 80, 70]), filled(400, 100, [5, 6, 7])], views, normalize: statistics });
    // The image becomes 224 x 56, within 224 x 112; views are drawn twice as large; two lines of 16 and 8 above.
    expect([picture.width, picture.height]).toEqual([8 + 224 + 8 + 112 + 8 + 56 + 8 + 56 + 8, 40 + 8 + 112 + 8 + 112 + 8]);
    expect(at(picture, 48 + 2, 8 + 112)).toEqual([90, 80, 70]);
    expect(at(picture, 48 + 2, 8)).toEqual(white);
    expect(at(picture, 48 + 120 + 2, 8)).toEqual([5, 6, 7]);
    expect(at(picture, 48 + 120 + 60, 8)).toEqual(white);
    expect([0, 1].map((row) => at(picture, 48 + row * 120 + 111, 240 + 111))).toEqual([[10, 20, 30], [200, 100, 50]]);
    expect(at(picture, 48 + 55, 360)).toEqual([1, 2, 3]);
    expect(at(picture, 48 + 56, 360)).toEqual(white);
    expect(at(picture, 48 + 120, 424)).toEqual([11, 12, 13]);
  });

  it("shows grey, words, and the first three of five channels", async () => {
    const gray = { ...view("whole", 112, [[0], [0]]), data: new Float32Array(2 * 112 * 112) };
    const words = { ...filled(112, 112, [1]), data: new Uint16Array(112 * 112).fill(0x4321) };
    const drawn = await drawViews({ images: [words, words], views: [gray], normalize: statistics });
    expect(at(drawn, 60, 20)).toEqual([0x43, 0x43, 0x43]);
    // Of three statistics a grey view has the mean: 0.4.
    expect(at(drawn, 60, 8 + 112 + 8 + 20)).toEqual([102, 102, 102]);
    const five = await drawViews({ images: [filled(112, 112, [1, 2, 3, 4, 5]), filled(112, 112, [1, 2, 3, 4, 5])], views: [view("whole", 112, [[9, 8, 7, 6, 5], [0, 0, 0, 0, 0]])], normalize: { mean: [...statistics.mean, 0.2, 0.4], std: [...statistics.std, 0.5, 0.25] } });
    expect([at(five, 60, 20), at(five, 60, 8 + 112 + 8 + 20)]).toEqual([[1, 2, 3], [9, 8, 7]]);
  });

  it("refuses nothing to draw, and views of other images", async () => {
    await expect(drawViews({ images: [], views: [], normalize })).rejects.toThrow("views: expected at least one image and one view, received 0 images, 0 views.");
    await expect(drawViews({ images: [filled(2, 2, [1])], views: [view("global", 8, [[1, 2, 3], [1, 2, 3]])], normalize })).rejects.toThrow("global: expected a view of 1 images, received [2, 8, 8, 3].");
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
