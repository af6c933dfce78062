import { type GoldenArray, type GoldenCase, goldenCases, nativeWhereBuilt, testBackends, useBackend } from "@ssl-vit/testing";
import { grads, tensor, type Tensor, tidy } from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-wasm";
import { describe, expect, it } from "vitest";

/** float32 against float64; of the shared files, ntXent and msn were recorded in float32. */
const tolerance = { relative: 1e-5, absolute: 1e-6 };

/** Written by benchmarks/reference/losses.py. */
const goldenFile = new URL("golden/losses.json", import.meta.url);

const native = await nativeWhereBuilt(() => import("@ssl-vit/backend-native"));

const toTensor = ({ shape, values, dtype }: GoldenArray): Tensor => tensor(values, shape, dtype ?? "float32");

/** `([7, 5], [7, 5], {"temperature":0.1})` */
const titleOf = ({ args, options }: GoldenCase): string => `(${[...args.map(({ shape }) => `[${shape.join(", ")}]`), JSON.stringify(options)].join(", ")})`;

/**
 * Holds a function to every recorded case, value and gradients, on every backend that a test can load. `compute` names the
 * type of its options; the golden file is trusted to hold such.
 *
 * @param file the golden file with the function's cases
 */
export function describeGolden(
  name: string,
  compute: (inputs: Tensor[], options: never) => Tensor,
  file: URL = goldenFile,
): void {
  const cases = goldenCases(file, name);
  describe.each(testBackends("cpu", "wasm", ...native))("golden cases on %s", (backend) => {
    useBackend(backend);

    it.each(cases.map((golden) => [titleOf(golden), golden] as const))(`${name}%s`, (_, golden: GoldenCase) => {
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
