import { expectNoLeaks } from "@ssl-vit/testing";
import { describe, expect, it } from "vitest";
import { drawPatchPca } from "../src/index.js";
import { colorAt, picturesIn, wordsIn } from "./read-figure.js";
import { images, normalize, tinyEncoder } from "./tiny-encoder.js";

// Along x with the largest variance, y less, z least, all uncorrelated: the components are the axes.
const tokens = [[-4, -2, -1], [-4, 2, 1], [4, -2, 1], [4, 2, -1], [-4, -2, 1], [-4, 2, -1], [4, -2, -1], [4, 2, 1]];
const encoder = tinyEncoder(tokens.flat());

describe("drawPatchPca", () => {
  it("shows components over all images as red, green and blue, then each, and what they explain", async () => {
    const figure = await drawPatchPca({ encoder, images, normalize });
    const pictures = await picturesIn(figure);
    expect(pictures.map(({ width, factor }) => [width, factor])).toEqual([4, 2, 2, 2, 2, 4, 2, 2, 2, 2].map((side) => [side, 112 / side]));
    const colors = [1, 6].flatMap((picture) => [0, 1].flatMap((y) => [0, 1].map((x) => colorAt(pictures[picture]!, y, x))));
    expect(colors).toEqual(tokens.map((token) => token.map((value) => (value > 0 ? 255 : 0))));
    expect([2, 3, 4].map((picture) => colorAt(pictures[picture]!, 0, 0))).toEqual([[0, 0, 4], [0, 0, 4], [0, 0, 4]]);
    expect(colorAt(pictures[2]!, 1, 0)).toEqual([252, 255, 164]);
    expect(wordsIn(figure)).toEqual(expect.arrayContaining(["76.2 % of variance", "19.0 % of variance", "4.8 % of variance"]));
    expect(wordsIn(figure).join(" ")).toContain("all 8 patches of 2 px, of all images together. They explain 100.0 % of the variance.");
  });

  it("keeps the patches on one side of the first component, and takes the components anew among them", async () => {
    // Beyond 0 along x: four patches that vary along y most, then z, then x.
    const varied = tokens.map(([x, y, z], index) => [x! + (x! > 0 ? [0.1, -0.1, -0.1, 0.1][index % 4]! * (index < 4 ? 1 : -1) : 0), y!, z!]);
    const figure = await drawPatchPca({ encoder: tinyEncoder(varied.flat()), images, normalize, foreground: "positive" });
    const [, colors, single] = await picturesIn(figure);
    expect([colorAt(colors!, 0, 0), colorAt(single!, 0, 0)]).toEqual([[0, 0, 0], [208, 208, 208]]);
    expect([colorAt(colors!, 1, 0)[0], colorAt(colors!, 1, 1)[0]]).toEqual([0, 255]);
    expect(wordsIn(figure).join(" ")).toContain("the 4 of 8 patches whose first component over all of them is positive");
  });

  it("gives the same bytes again, smoothly too, and leaves no tensor behind", async () => {
    const draw = (): Promise<string> => drawPatchPca({ encoder, images, normalize, rendering: "smooth" }).then(({ svg }) => svg);
    expect(await draw()).toBe(await draw());
    await expectNoLeaks(() => drawPatchPca({ encoder, images, normalize }));
  });

  it("refuses tokens that are all equal, NaN, and a smooth foreground", async () => {
    await expect(drawPatchPca({ encoder: tinyEncoder(tokens.flatMap(() => [1, 2, 3])), images, normalize })).rejects.toThrow("rows that differ, received equal ones: the features have collapsed");
    await expect(drawPatchPca({ encoder: tinyEncoder([Number.NaN, ...tokens.flat().slice(1)]), images, normalize })).rejects.toThrow("finite numbers");
    await expect(drawPatchPca({ encoder, images, normalize, foreground: "positive", rendering: "smooth" })).rejects.toThrow('rendering: expected "patches" with a foreground');
  });
});
