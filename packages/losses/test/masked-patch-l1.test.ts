import { createRandom, type Float, ShapeError } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { add, grad, grads, ones, tensor2d, tensor3d, type Tensor, zeros } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { maskedPatchL1 } from "../src/index.js";
import { describeGolden } from "./golden-suite.js";

const patches = (name: string): Float<"B P D"> => tensor3d(createRandom(9).derive(name).normals(24), [2, 3, 4]);
const mask = tensor2d([[1, 0, 1], [0, 0, 1]]);

describeGolden("maskedPatchL1", ([prediction, target, removed]) =>
  maskedPatchL1(prediction as Float<"B P D">, target as Float<"B P D">, removed as Float<"B P">),
);

describe("maskedPatchL1", () => {
  it("averages over all masked patches together, not image by image, and ignores visible ones", () => {
    const target = patches("target");
    const error = tensor3d([1, 50, -2, 50, 50, 3], [2, 3, 1]);
    expect(maskedPatchL1(add(target, error), target, mask)).toBeAllClose([(1 + 2 + 3) / 3]);
  });

  it("gives the target no gradient, and none where there is no error", () => {
    const loss = (prediction: Tensor, target: Tensor): Tensor => maskedPatchL1(prediction as Float<"B P D">, target as Float<"B P D">, mask);
    expect(() => grads(loss)([patches("prediction"), patches("target")])).toThrow(/gradient/);
    const target = patches("target");
    expect([...grad((x: Tensor) => loss(x, target))(target).dataSync()].every((value) => value === 0)).toBe(true);
  });

  it("refuses shapes that do not belong together", () => {
    const target = patches("target");
    expect(() => maskedPatchL1(zeros([2, 3, 5]), target, mask)).toThrow(ShapeError);
    expect(() => maskedPatchL1(target, target, ones([2, 4]))).toThrow("mask: expected shape [2, 3], received [2, 4].");
  });

  it("leaves no tensor behind, with and without gradients", async () => {
    const [prediction, target] = [patches("prediction"), patches("target")];
    const loss = (x: Tensor): Tensor => maskedPatchL1(x as Float<"B P D">, target, mask);
    await expectNoLeaks(() => { loss(prediction).dispose(); });
    await expectNoLeaks(() => { grad(loss)(prediction).dispose(); });
  });
});
