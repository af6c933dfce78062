import { describe, expect, it } from "vitest";
import { drawViews } from "../src/index.js";
import { colorAt, picturesIn, wordsIn } from "./read-figure.js";
import { normalize } from "./tiny-encoder.js";

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

describe("drawViews", () => {
  it("draws images and views in their colors, views all enlarged alike, under their names and sizes", async () => {
    const views = [view("global", 56, [[10, 20, 30], [200, 100, 50]]), view("local", 28, [[1, 2, 3], [4, 5, 6]]), view("local", 28, [[7, 8, 9], [11, 12, 13]])];
    const figure = await drawViews({ images: [filled(30, 60, [90, 80, 70]), filled(400, 100, [5, 6, 7])], views, normalize: statistics });
    const pictures = await picturesIn(figure);
    // The second image becomes 224 x 56, within 224 x 112; views are drawn twice as large.
    expect(pictures.map(({ width, height, factor }) => [width, height, factor])).toEqual([[30, 60, 1], [56, 56, 2], [28, 28, 2], [28, 28, 2], [224, 56, 1], [56, 56, 2], [28, 28, 2], [28, 28, 2]]);
    expect(pictures.map((picture) => colorAt(picture, 20, 20))).toEqual([[90, 80, 70], [10, 20, 30], [1, 2, 3], [7, 8, 9], [5, 6, 7], [200, 100, 50], [4, 5, 6], [11, 12, 13]]);
    expect(wordsIn(figure)).toEqual(expect.arrayContaining(["image", "global", "56 px", "local 1", "local 2", "28 px"]));
    // Beside each other, none over another.
    const rows = [pictures.slice(0, 4), pictures.slice(4)];
    for (const row of rows) row.reduce((left, { x, width, factor }) => { expect(x).toBeGreaterThanOrEqual(left); return x + width * factor; }, 0);
    expect(Math.min(...rows[1]!.map(({ y }) => y))).toBeGreaterThan(Math.max(...rows[0]!.map(({ y, height, factor }) => y + height * factor)));
  });

  it("shows grey, words, and the first three of five channels", async () => {
    const gray = { ...view("whole", 112, [[0], [0]]), data: new Float32Array(2 * 112 * 112) };
    const words = { ...filled(112, 112, [1]), data: new Uint16Array(112 * 112).fill(0x4321) };
    const drawn = await picturesIn(await drawViews({ images: [words, words], views: [gray], normalize: statistics }));
    // Of three statistics a grey view has the mean: 0.4.
    expect([colorAt(drawn[0]!, 60, 20), colorAt(drawn[1]!, 60, 20)]).toEqual([[0x43, 0x43, 0x43], [102, 102, 102]]);
    const five = await picturesIn(await drawViews({ images: [filled(112, 112, [1, 2, 3, 4, 5]), filled(112, 112, [1, 2, 3, 4, 5])], views: [view("whole", 112, [[9, 8, 7, 6, 5], [0, 0, 0, 0, 0]])], normalize: { mean: [...statistics.mean, 0.2, 0.4], std: [...statistics.std, 0.5, 0.25] } }));
    expect([colorAt(five[0]!, 60, 20), colorAt(five[1]!, 60, 20)]).toEqual([[1, 2, 3], [9, 8, 7]]);
  });

  it("refuses nothing to draw, and views of other images", async () => {
    await expect(drawViews({ images: [], views: [], normalize })).rejects.toThrow("views: expected at least one image and one view, received 0 images, 0 views.");
    await expect(drawViews({ images: [filled(2, 2, [1])], views: [view("global", 8, [[1, 2, 3], [1, 2, 3]])], normalize })).rejects.toThrow("global: expected a view of 1 images, received [2, 8, 8, 3].");
  });
});
