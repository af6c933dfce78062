import { expectNoLeaks } from "@ssl-vit/testing";
import { tensor2d, type Tensor3D, tensor3d } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { drawReconstructions, type Figure } from "../src/index.js";
import { colorAt, picturesIn, wordsIn } from "./read-figure.js";
import { images, normalize } from "./tiny-encoder.js";

const mask = tensor2d([1, 0, 0, 0, 0, 0, 0, 1], [2, 4]);
const draw = (prediction: Tensor3D, normalizedTarget: boolean): Promise<Figure> => drawReconstructions({ images, prediction, mask, patchSize: 2, normalize, normalizedTarget });
const filled = (value: number): Tensor3D => tensor3d(new Float32Array(2 * 4 * 12).fill(value), [2, 4, 12]);
const captionOf = (figure: Figure): string => wordsIn(figure).slice(4).join(" ");

describe("drawReconstructions", () => {
  it("hides and paints the masked patches only, and tells their share and error", async () => {
    const white = filled(2);
    const figure = await draw(white, false);
    const [, seen, painted, , , second] = await picturesIn(figure);
    expect([colorAt(seen!, 0, 0), colorAt(seen!, 3, 3)]).toEqual([[128, 128, 128], [64, 64, 64]]);
    expect([colorAt(painted!, 1, 1), colorAt(painted!, 3, 3), colorAt(second!, 3, 3)]).toEqual([[255, 255, 255], [64, 64, 64], [255, 255, 255]]);
    expect(wordsIn(figure).slice(0, 4)).toEqual(["Hidden patches, painted", "image", "seen", "painted"]);
    // Of the first image's pixels, -1, and the second's, 0: the mean of 9 and 4.
    expect(captionOf(figure)).toBe("25 % of the patches are hidden; mean squared error on them 6.5, of normalised pixels.");
    white.dispose();
  });

  it("puts a patch's own mean back where the target was normalised, and says so", async () => {
    const zero = filled(0);
    const [, , own] = await picturesIn(await draw(zero, true));
    const [, , plain] = await picturesIn(await draw(zero, false));
    expect([colorAt(own!, 0, 0), colorAt(plain!, 0, 0)]).toEqual([[64, 64, 64], [128, 128, 128]]);
    expect(captionOf(await draw(zero, true))).toContain("each patch's own mean and variance put back from the image");
    await expectNoLeaks(() => draw(zero, true));
    zero.dispose();
  });

  it("refuses patches of another image", async () => {
    const wrong = tensor3d(new Float32Array(2 * 9 * 12), [2, 9, 12]);
    await expect(draw(wrong, true)).rejects.toThrow("prediction: expected shape [2, 4, 12], received [2, 9, 12].");
    wrong.dispose();
  });
});
