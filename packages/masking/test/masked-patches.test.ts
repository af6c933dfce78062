import "@tensorflow/tfjs-backend-wasm";
import { type Float, ShapeError } from "@ssl-vit/core";
import { expectNoLeaks, nativeWhereBuilt, testBackends, useBackend } from "@ssl-vit/testing";
import { dispose, grad, mul, sum, type Tensor, tensor1d, tensor2d, tensor3d, zeros } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { gatherMasked, maskedPatches } from "../src/index.js";

const native = await nativeWhereBuilt(() => import("@ssl-vit/backend-native"));

describe.each(testBackends("cpu", "wasm", ...native))("masked patches on %s", (backend) => {
  useBackend(backend);
  const rows = [[0, 1, 0, 1], [0, 0, 0, 0], [1, 1, 0, 1]];

  it("are found in order, image by image", () => {
    const { count, indices, weights } = maskedPatches(tensor2d(rows));
    expect(count).toBe(5);
    expect(indices.dtype).toBe("int32");
    expect(indices.arraySync()).toEqual([[1, 3, 8, 9, 11]]);
    expect(weights).toBeAllClose([1 / 6, 1 / 6, 1 / 9, 1 / 9, 1 / 9]);
  });

  it("weigh so that a sum is the mean over an image's masked patches, then over all images, masked or not", () => {
    const { weights } = maskedPatches(tensor2d(rows));
    const losses = [4, 6, 1, 2, 9];
    const meanOfImages = ((4 + 6) / 2 + 0 + (1 + 2 + 9) / 3) / 3;
    expect(sum(mul(weights, tensor1d(losses)))).toBeAllClose([meanOfImages]);
  });

  it("weigh on two processes what they weigh on one, but for the factor of their mean", () => {
    const [first, second] = [maskedPatches(tensor2d(rows.slice(0, 1))), maskedPatches(tensor2d([rows[2]!]))];
    const both = maskedPatches(tensor2d([rows[0]!, rows[2]!]));
    expect(both.weights).toBeAllClose([...first.weights.dataSync(), ...second.weights.dataSync()].map((weight) => weight / 2));
  });

  it("have one stand-in of weight 0 where there are none", () => {
    const { count, indices, weights } = maskedPatches(zeros([2, 4]));
    expect(count).toBe(0);
    expect(indices.arraySync()).toEqual([[0]]);
    expect([...weights.dataSync()]).toEqual([0]);
  });

  const tokens = (): Float<"B P D"> => tensor3d(Array.from({ length: 24 }, (_, index) => index), [3, 4, 2]);

  it("give their tokens, and take their gradients", () => {
    const masked = maskedPatches(tensor2d(rows));
    expect(gatherMasked(tokens(), masked).arraySync()).toEqual([[2, 3], [6, 7], [16, 17], [18, 19], [22, 23]]);
    const factors = tensor2d([[1, 2], [3, 4], [5, 6], [7, 8], [9, 10]]);
    const gradient = grad((x: Tensor) => sum(mul(gatherMasked(x as Float<"B P D">, masked), factors)))(tokens());
    expect(gradient.arraySync()).toEqual([[[0, 0], [1, 2], [0, 0], [3, 4]], [[0, 0], [0, 0], [0, 0], [0, 0]], [[5, 6], [7, 8], [0, 0], [9, 10]]]);
  });

  it("refuse another shape", () => {
    expect(() => maskedPatches(zeros([8]) as unknown as Float<"B P">)).toThrow(ShapeError);
    expect(() => gatherMasked(zeros([2, 2]) as unknown as Float<"B P D">, maskedPatches(tensor2d(rows)))).toThrow(ShapeError);
  });

  it("leave no tensor behind", async () => {
    const [mask, all] = [tensor2d(rows), tokens()];
    await expectNoLeaks(() => {
      const masked = maskedPatches(mask);
      dispose([gatherMasked(all, masked), masked.indices, masked.weights]);
    });
  });
});
