import { type GoldenArray, type GoldenCase, goldenCases, nativeWhereBuilt, testBackends, useBackend } from "@ssl-vit/testing";
import { grads, tensor, type Tensor, tidy } from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-wasm";
import { describe, expect, it } from "vitest";

/** float32 against lightly and PyTorch; ntXent was recorded in float32, the others in float64. */
const tolerance = { relative: 1e-5, absolute: 1e-6 };

const native = await nativeWhereBuilt(() => import("@ssl-vit/backend-native"));

const toTensor = ({ shape, values, dtype }: GoldenArray): Tensor => tensor(values, shape, dtype ?? "float32");

/**
 * Holds a function to every recorded case, value and gradients, on every backend that a test can load. `compute` names the
 * type of its options; the golden file is trusted to hold such.
 */
export function describeGolden(
  name: string,
  compute: (inputs: Tensor[], options: never) => Tensor,
  cases: readonly GoldenCase[] = goldenCases(name),
): void {
  describe.skipIf(cases.length === 0).each(testBackends("cpu", "wasm", ...native))("golden cases on %s", (backend) => {
    useBackend(backend);

    it.each(cases.map((golden) => [JSON.stringify(golden.options), golden] as const))(`${name} %s`, (_, golden: GoldenCase) => {
      const options = golden.options as never;
      tidy(() => {
        const inputs = golden.args.map(toTensor);
        const value = compute(inputs, options);
        expect(value.shape).toEqual(golden.value.shape);
        expect(value).toBeAllClose(golden.value.values, tolerance);

        const differentiated = Object.keys(golden.grads).map(Number);
        if (differentiated.length === 0) return;
        const gradients = grads((...variables: Tensor[]) =>
          compute(inputs.map((input, index) => variables[differentiated.indexOf(index)] ?? input), options),
        )(differentiated.map((index) => inputs[index]!));
        for (const [position, index] of differentiated.entries()) expect(gradients[position]!).toBeAllClose(golden.grads[index]!.values, tolerance);
      });
    });
  });
}
