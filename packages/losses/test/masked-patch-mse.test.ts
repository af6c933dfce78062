import { createRandom, type Float, ShapeError } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { add, grad, grads, mul, ones, tensor2d, tensor3d, type Tensor, zeros } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { maskedPatchMse, type MaskedPatchMseOptions } from "../src/index.js";
import { describeGolden } from "./golden-suite.js";

const random = createRandom(9);
const patches = (name: string): Float<"B P D"> => tensor3d(random.derive(name).normals(24), [2, 3, 4]);
const mask = tensor2d([[1, 0, 1], [0, 0, 1]]);

describeGolden("maskedPatchMse", ([prediction, target, removed], options: MaskedPatchMseOptions) =>
  maskedPatchMse(prediction as Float<"B P D">, target as Float<"B P D">, removed as Float<"B P">, options),
);

describe("maskedPatchMse", () => {
  it("trap 2, unbiased variance: a patch of 0 and 2 has deviation √2, not 1", () => {
    const target = tensor3d([0, 2], [1, 1, 2]);
    // Normalised target ±1/√2; prediction 0: mean square 1/2 (a biased variance would give 1).
    expect(maskedPatchMse(zeros([1, 1, 2]), target, ones([1, 1]), { normalizeTarget: true })).toBeAllClose([0.5], { relative: 2e-6 });
  });

  it("averages over all masked patches together, not image by image, and ignores visible ones", () => {
    const target = patches("target");
    const error = tensor3d([1, 50, 2, 50, 50, 3], [2, 3, 1]);
    expect(maskedPatchMse(add(target, error), target, mask, { normalizeTarget: false })).toBeAllClose([(1 + 4 + 9) / 3]);
  });

  it("does not depend on a patch's brightness and contrast when it normalises", () => {
    const [prediction, target] = [patches("prediction"), patches("target")];
    const brighter: Float<"B P D"> = add(mul(target, 3), 10);
    const options = { normalizeTarget: true };
    expect(maskedPatchMse(prediction, brighter, mask, options)).toBeAllClose(maskedPatchMse(prediction, target, mask, options), { relative: 1e-4 });
  });

  it("gives the target no gradient", () => {
    const loss = (prediction: Tensor, target: Tensor): Tensor =>
      maskedPatchMse(prediction as Float<"B P D">, target as Float<"B P D">, mask, { normalizeTarget: false });
    expect(() => grads(loss)([patches("prediction"), patches("target")])).toThrow(/gradient/);
  });

  it("refuses shapes that do not belong together", () => {
    const target = patches("target");
    expect(() => maskedPatchMse(zeros([2, 3, 5]), target, mask, { normalizeTarget: true })).toThrow(ShapeError);
    expect(() => maskedPatchMse(target, target, ones([2, 4]), { normalizeTarget: true })).toThrow(
      "[@ssl-vit/losses] mask: expected shape [2, 3], received [2, 4]. The mask has one value for each patch.",
    );
  });

  it("leaves no tensor behind, with and without gradients", async () => {
    const [prediction, target] = [patches("prediction"), patches("target")];
    const loss = (x: Tensor): Tensor => maskedPatchMse(x as Float<"B P D">, target, mask, { normalizeTarget: true });
    await expectNoLeaks(() => { loss(prediction).dispose(); });
    await expectNoLeaks(() => { grad(loss)(prediction).dispose(); });
  });
});
