import { ConfigError, type Float, ShapeError } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { grad, grads, mul, ones, reshape, tensor1d, type Tensor, zeros } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { dinoCrossEntropy, maskedPatchCrossEntropy, type MaskedPatchCrossEntropyOptions } from "../src/index.js";
import { describeGolden } from "./golden-suite.js";
import { randomRows } from "./random-rows.js";

const options = { studentTemperature: 0.1, teacherTemperature: 0.07 };

describeGolden("maskedPatchCrossEntropy", ([student, teacher, center, weights], given: MaskedPatchCrossEntropyOptions) =>
  maskedPatchCrossEntropy(student as Float<"M K">, teacher as Float<"M K">, center as Float<"K">, weights as Float<"M">, given),
);

describe("maskedPatchCrossEntropy", () => {
  const [student, teacher] = [randomRows("student"), randomRows("teacher")];
  const center = tensor1d([0.1, 0, -0.2, 0.3, 0]);
  const weights = tensor1d([0.5, 0.5, 0.25, 0.25, 0.25, 0.25]);
  const loss = (x: Tensor): Tensor => maskedPatchCrossEntropy(x as Float<"M K">, teacher, center, weights, options);

  it("is the sum of the weights times ln K where the student is uniform", () => {
    expect(loss(zeros([6, 5]))).toBeAllClose([2 * Math.log(5)]);
  });

  it("is the class tokens' loss of one pair of views, for weights of 1 / rows", () => {
    // Views: the student's second against the teacher's first, and the other pair switched off by a uniform student.
    const pair = maskedPatchCrossEntropy(student, teacher, center, mul<Float<"M">>(ones([6]), 1 / 6), options);
    const views = (first: Tensor, second: Tensor): Float<"V B K"> => reshape([...first.dataSync(), ...second.dataSync()], [2, 6, 5]);
    const both = dinoCrossEntropy(views(zeros([6, 5]), student), reshape(teacher, [1, 6, 5]), center, options);
    expect(both).toBeAllClose(pair);
  });

  it("is 0, with an empty gradient, where nothing is masked", () => {
    const nothing = (x: Tensor): Tensor => maskedPatchCrossEntropy(x as Float<"M K">, zeros([0, 5]), center, zeros([0]), options);
    expect([...nothing(zeros([0, 5])).dataSync()]).toEqual([0]);
    expect(grad(nothing)(zeros([0, 5])).shape).toEqual([0, 5]);
  });

  it("is finite where scores are large", () => {
    const gradient = grad(loss)(mul(student, 1e4));
    expect([...gradient.dataSync()].every(Number.isFinite)).toBe(true);
  });

  it("gives the teacher no gradient", () => {
    const ofBoth = (s: Tensor, t: Tensor): Tensor => maskedPatchCrossEntropy(s as Float<"M K">, t as Float<"M K">, center, weights, options);
    expect(() => grads(ofBoth)([student, teacher])).toThrow(/gradient/);
  });

  it("refuses shapes that do not belong together and temperatures of 0", () => {
    expect(() => maskedPatchCrossEntropy(student, randomRows("teacher", 5), center, weights, options)).toThrow(ShapeError);
    expect(() => maskedPatchCrossEntropy(student, teacher, zeros([4]), weights, options)).toThrow("center: expected shape [5], received [4].");
    expect(() => maskedPatchCrossEntropy(student, teacher, center, zeros([5]), options)).toThrow("weights: expected shape [6], received [5].");
    for (const option of ["studentTemperature", "teacherTemperature"]) {
      expect(() => maskedPatchCrossEntropy(student, teacher, center, weights, { ...options, [option]: 0 })).toThrow(ConfigError);
    }
  });

  it("leaves no tensor behind, with and without gradients", async () => {
    await expectNoLeaks(() => { loss(student).dispose(); });
    await expectNoLeaks(() => { grad(loss)(student).dispose(); });
  });
});
