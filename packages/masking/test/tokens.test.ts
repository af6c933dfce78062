import { createRandom, type Float, ShapeError } from "@ssl-vit/core";
import { expectNoLeaks, nativeWhereBuilt, testBackends, useBackend } from "@ssl-vit/testing";
import { cast, grad, grads, matMul, mul, oneHot, sum, tensor, tensor1d, tensor2d, tensor3d, type Tensor, type Tensor2D, tidy, zeros } from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-wasm";
import { describe, expect, it } from "vitest";
import { gatherTokens, maskFromNoise, randomMask, restoreTokens } from "../src/index.js";

const random = createRandom(13);
const [batch, patches, dim] = [3, 8, 5];
const tokensOf = (name: string, count = patches): Float<"B P D"> => tensor3d(random.derive(name).normals(batch * count * dim), [batch, count, dim]);

/** The gradient of Σ weights · f(x), once by the tape and once by central differences. */
function expectGradient(compute: (x: Tensor) => Tensor, x: Tensor, weights: Tensor): void {
  const loss = (input: Tensor): Tensor => sum(mul(compute(input), weights));
  const gradient = grad(loss)(x).dataSync();
  const values = x.dataSync();
  const epsilon = 1; // The functions are linear: differences are exact for any step, and rounding is small for a large one.
  for (let index = 0; index < values.length; index++) {
    const at = (by: number): number =>
      tidy(() => loss(tensor(values.map((value, position) => value + (position === index ? by : 0)), x.shape)).dataSync()[0]!);
    expect(gradient[index]!).toBeAllClose([(at(epsilon) - at(-epsilon)) / (2 * epsilon)], { absolute: 1e-4 });
  }
}

const native = await nativeWhereBuilt(() => import("@ssl-vit/backend-native"));

describe.each(testBackends("cpu", "wasm", ...native))("on %s", (backend) => {
  useBackend(backend);

  const mask = () => randomMask(random.derive("mask"), { batchSize: batch, patches, maskRatio: 0.6 }); // 3 visible

  describe("gatherTokens", () => {
    const byOneHot = (tokens: Tensor, indices: Tensor2D): Tensor => matMul(cast(oneHot(indices, patches), "float32"), tokens);

    it("is a product with one-hot rows, gradient included", () => {
      const { visibleIndices } = mask();
      const [tokens, weights] = [tokensOf("tokens"), tokensOf("weights", 3)];
      expect(gatherTokens(tokens, visibleIndices)).toBeAllClose(byOneHot(tokens, visibleIndices), { absolute: 0, relative: 0 });
      const gradientOf = (compute: (x: Tensor) => Tensor) => grad((x: Tensor) => sum(mul(compute(x), weights)))(tokens);
      expect(gradientOf((x) => gatherTokens(x as Float<"B P D">, visibleIndices))).toBeAllClose(gradientOf((x) => byOneHot(x, visibleIndices)));
    });

    it("has the gradient of central differences", () => {
      const { maskedIndices } = mask();
      expectGradient((x) => gatherTokens(x as Float<"B P D">, maskedIndices), tokensOf("tokens"), tokensOf("weights", 5));
    });

    it("adds up the gradients of a token that is picked twice", () => {
      const indices = tensor2d([[1, 1], [0, 2], [2, 2]], [3, 2], "int32");
      const weights = tensor3d([1, 2, 3, 4, 5, 6], [3, 2, 1]);
      const gradient = grad((x: Tensor) => sum(mul(gatherTokens(x as Float<"B P D">, indices), weights)))(zeros([3, 3, 1]));
      expect([...gradient.dataSync()]).toEqual([0, 3, 0, 3, 0, 4, 0, 0, 11]);
    });
  });

  describe("restoreTokens", () => {
    const maskToken = () => tensor1d([10, 20, 30, 40, 50]);

    it("puts visible tokens back and the mask token elsewhere", () => {
      const { visibleIndices, restoreIndices, mask: masked } = mask();
      const tokens = tokensOf("tokens");
      const restored = restoreTokens(gatherTokens(tokens, visibleIndices), maskToken(), restoreIndices).arraySync();
      const [original, isMasked] = [tokens.arraySync(), masked.arraySync()];
      const expected = original.map((image, b) => image.map((token, p) => (isMasked[b]![p] === 1 ? [10, 20, 30, 40, 50] : token)));
      expect(restored).toEqual(expected);
    });

    it("has the gradients of central differences", () => {
      const { restoreIndices } = mask();
      const [visible, weights] = [tokensOf("visible", 3), tokensOf("weights")];
      expectGradient((x) => restoreTokens(x as Float<"B N D">, maskToken(), restoreIndices), visible, weights);
      expectGradient((x) => restoreTokens(visible, x as Float<"D">, restoreIndices), maskToken(), weights);
    });
  });
});

describe("tokens and masks that do not belong together are refused", () => {
  const { visibleIndices, restoreIndices } = maskFromNoise(zeros([2, 4]), 1);

  it("other batches", () => {
    expect(() => gatherTokens(zeros([3, 4, 5]), visibleIndices)).toThrow(ShapeError);
    expect(() => restoreTokens(zeros([3, 1, 5]), zeros([5]), restoreIndices)).toThrow("[@ssl-vit/masking] restoreIndices: expected shape [3, -1], received [2, 4].");
  });

  it("a mask token of another width", () => {
    expect(() => restoreTokens(zeros([2, 1, 5]), zeros([4]), restoreIndices)).toThrow("maskToken: expected shape [5], received [4].");
  });

  it("indices that are not int32", () => {
    expect(() => gatherTokens(zeros([2, 4, 5]), zeros([2, 1]))).toThrow("[@ssl-vit/masking] indices: expected dtype int32, received float32.");
  });
});

it("leaves no tensor behind, with and without gradients", async () => {
  const { visibleIndices, restoreIndices } = randomMask(random, { batchSize: batch, patches, maskRatio: 0.6 });
  const [tokens, maskToken] = [tokensOf("tokens"), tensor1d([1, 2, 3, 4, 5])];
  const roundTrip = (x: Tensor, token: Tensor): Tensor => tidy(() => restoreTokens(gatherTokens(x as Float<"B P D">, visibleIndices), token as Float<"D">, restoreIndices));
  await expectNoLeaks(() => { roundTrip(tokens, maskToken).dispose(); });
  await expectNoLeaks(() => { gatherTokens(tokens, visibleIndices).dispose(); });
  await expectNoLeaks(() => { for (const gradient of grads((x: Tensor, token: Tensor) => sum(roundTrip(x, token)))([tokens, maskToken])) gradient.dispose(); });
});
