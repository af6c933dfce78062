import { type Float, ShapeError } from "@ssl-vit/core";
import { expectNoLeaks, nativeWhereBuilt, testBackends, useBackend } from "@ssl-vit/testing";
import { abs, dispose, grads, mul, ones, profile, softmax, tensor1d, type Tensor, tidy, zeros } from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-wasm";
import { describe, expect, it } from "vitest";
import { softmaxCrossEntropy } from "../src/index.js";
import { describeGolden } from "./golden-suite.js";
import { randomRows } from "./random-rows.js";

const native = await nativeWhereBuilt(() => import("@ssl-vit/backend-native"));
const loss = (logits: Tensor, targets: Tensor): Tensor => softmaxCrossEntropy(logits as Float<"R K">, targets as Float<"R K">);
const upstream = [1, -0.5, 2, 0, 0.25, 3];

describeGolden("softmaxCrossEntropy", ([logits, targets]) => loss(logits!, targets!));

/** Loss and gradient of Σ loss·upstream by the definition, in float64. */
function definition(logits: number[][], targets: number[][]): { losses: number[]; gradient: number[] } {
  const rows = logits.map((row, index) => {
    const highest = Math.max(...row);
    const logSum = highest + Math.log(row.reduce((total, value) => total + Math.exp(value - highest), 0));
    const weight = targets[index]!.reduce((total, value) => total + value, 0);
    return {
      loss: row.reduce((total, value, k) => total - targets[index]![k]! * (value - logSum), 0),
      gradient: row.map((value, k) => upstream[index]! * (Math.exp(value - logSum) * weight - targets[index]![k]!)),
    };
  });
  return { losses: rows.map((row) => row.loss), gradient: rows.flatMap((row) => row.gradient) };
}

describe.each(testBackends("cpu", "wasm", ...native))("softmaxCrossEntropy on %s", (backend) => {
  useBackend(backend);

  it.each([1, 20, 1e4])("equals the definition in float64, value and gradient, for scores of size %d and any weights as targets", (scale) => {
    tidy(() => {
      const logits = mul<Float<"R K">>(randomRows("logits"), scale);
      const targets = abs<Float<"R K">>(randomRows("targets"));
      const expected = definition(logits.arraySync(), targets.arraySync());
      expect(loss(logits, targets)).toBeAllClose(expected.losses);
      const gradient = grads((x: Tensor) => mul(loss(x, targets), tensor1d(upstream)))([logits])[0]!;
      expect(gradient).toBeAllClose(expected.gradient);
    });
  });
});

describe("softmaxCrossEntropy", () => {
  it("gives the targets no gradient", () => {
    expect(() => grads(loss)([randomRows("logits"), randomRows("targets")])).toThrow(/gradient/);
  });

  it("refuses targets of another shape", () => {
    expect(() => softmaxCrossEntropy(zeros([2, 3]), zeros([2, 4]))).toThrow(ShapeError);
  });

  it("leaves no tensor behind, with and without gradients", async () => {
    const [logits, targets] = [randomRows("logits"), softmax<Float<"R K">>(ones([6, 5]))];
    await expectNoLeaks(() => { loss(logits, targets).dispose(); });
    await expectNoLeaks(() => { dispose(grads((x: Tensor) => loss(x, targets))([logits])); });
  });
});

describe.each(native)("softmaxCrossEntropy on %s", (backend) => {
  useBackend(backend);

  it("is one kernel forward and one backward", async () => {
    const [logits, targets] = [randomRows("logits"), randomRows("targets")];
    const { kernelNames } = await profile(() => grads((x: Tensor) => loss(x, targets))([logits])[0]!);
    expect(kernelNames).toEqual(expect.arrayContaining(["SoftmaxCrossEntropy", "SoftmaxCrossEntropyGrad"]));
    expect(kernelNames).not.toContain("LogSoftmax");
    await expectNoLeaks(() => { dispose(grads((x: Tensor) => loss(x, targets))([logits])); });
  });
});
