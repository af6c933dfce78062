import { memory, mul, scalar, square, sum, type Tensor1D, tensor1d, tensor3d, variable, variableGrads } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { copyParameters, type Encoder, type EncoderLayout, patchTokensOf, pooledFeature, prefixParameters, withoutGradient } from "../src/index.js";

const encoderWith = (layout: Partial<EncoderLayout>): Encoder => ({ layout: { hasClsToken: true, registerTokens: 0, ...layout } }) as Encoder;

describe("parameters", () => {
  it("join under prefixes and copy by name, refusing a missing one", () => {
    const [weight, other] = [variable(tensor1d([1, 2])), variable(tensor1d([3, 4]))];
    expect(Object.keys(prefixParameters({ encoder: { weight }, head: { weight: other } }))).toEqual(["encoder.weight", "head.weight"]);
    copyParameters({ weight }, { weight: other });
    expect([...other.dataSync()]).toEqual([1, 2]);
    weight.assign(tensor1d([9, 9]));
    expect([...other.dataSync()]).toEqual([1, 2]);
    expect(() => { copyParameters({}, { weight }); }).toThrow("expected a parameter weight, received none");
  });
});

describe("pooledFeature", () => {
  const tokens = tensor3d([[[1, 2], [3, 4], [5, 6], [9, 10]]]);
  it("is the [CLS] token where there is one", () => {
    expect([...pooledFeature(encoderWith({ registerTokens: 1 }), tokens).dataSync()]).toEqual([1, 2]);
  });
  it("is the mean of the patch tokens otherwise, registers left out", () => {
    expect([...pooledFeature(encoderWith({ hasClsToken: false, registerTokens: 2 }), tokens).dataSync()]).toEqual([7, 8]);
    expect([...patchTokensOf(encoderWith({ registerTokens: 1 }), tokens).dataSync()]).toEqual([5, 6, 9, 10]);
  });
});

describe("withoutGradient", () => {
  it("is a constant to every gradient and leaves nothing on the tape", () => {
    const weight = variable(tensor1d([2, 3]));
    const before = memory().numTensors;
    const { value, grads } = variableGrads(() => {
      const constant = withoutGradient((): Tensor1D => square(mul(weight, scalar(1))));
      return sum(mul(constant, weight));
    }, [weight]);
    expect(value.dataSync()[0]).toBe(8 + 27);
    // d/dw of c·w is c = w²: the dependence of c on w is cut.
    expect([...grads[weight.name]!.dataSync()]).toEqual([4, 9]);
    value.dispose();
    grads[weight.name]!.dispose();
    expect(memory().numTensors).toBe(before);
  });
});
