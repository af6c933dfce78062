import { readFileSync } from "node:fs";
import { createRandom, type ForwardContext, type ParameterMap, singleProcess } from "@ssl-vit/core";
import { type GoldenArray, nativeWhereBuilt, testBackends, useBackend } from "@ssl-vit/testing";
import { dispose, mul, sum, tensor, type Tensor2D, valueAndGrads, type Variable, variableGrads } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { createMlpHead, createPrototypeHead, type MlpHeadOptions, type PrototypeHeadOptions } from "../src/index.js";

type Arrays = Readonly<Record<string, GoldenArray>>;
interface MlpCase {
  readonly options: MlpHeadOptions;
  readonly parameters: Arrays;
  readonly batches: readonly [GoldenArray, GoldenArray];
  readonly weights: GoldenArray;
  readonly output: GoldenArray;
  readonly inputGradient: GoldenArray;
  readonly gradients: Arrays;
  readonly statistics: Arrays;
  readonly evaluated: GoldenArray;
}
interface PrototypeCase {
  readonly options: PrototypeHeadOptions;
  readonly parameters: Arrays;
  readonly input: GoldenArray;
  readonly weights: GoldenArray;
  readonly scores: GoldenArray;
  readonly inputGradient: GoldenArray;
  readonly gradients: Arrays;
}

const golden = JSON.parse(readFileSync(new URL("golden/heads.json", import.meta.url), "utf8")) as {
  readonly mlp: Readonly<Record<string, MlpCase>>;
  readonly prototypes: Readonly<Record<string, PrototypeCase>>;
};
const native = await nativeWhereBuilt(() => import("@ssl-vit/backend-native"));
const random = createRandom(0);
const training: ForwardContext = { training: true, random, collective: singleProcess };
const rows = ({ shape, values }: GoldenArray): Tensor2D => tensor(values, shape as [number, number]);

/** Float32 against float64, relative to the largest value of the tensor. */
const FORWARD = 1e-5;
/** Through normalisations by the statistics of six rows. */
const BACKWARD = 5e-5;
const within = (share: number, values: readonly number[]): { absolute: number; relative: number } => ({ absolute: share * Math.max(...values.map(Math.abs)), relative: 0 });

function assign(variables: ParameterMap, values: Arrays): void {
  expect(Object.keys(variables).sort()).toEqual(Object.keys(values).sort());
  for (const [name, { shape, values: start }] of Object.entries(values)) {
    expect(variables[name]!.shape, name).toEqual(shape);
    const value = tensor(start, shape);
    variables[name]!.assign(value);
    value.dispose();
  }
}

/** Compares value and gradients of Σ output·weights, in the input and in the parameters. */
function expectGradients(
  apply: (x: Tensor2D) => Tensor2D,
  { input, weights, parameters, inputGradient, gradients }: { input: Tensor2D; weights: GoldenArray; parameters: Readonly<Record<string, Variable>>; inputGradient: GoldenArray; gradients: Arrays },
): void {
  const factors = rows(weights);
  const { grads } = variableGrads(() => sum(mul(apply(input), factors)), Object.values(parameters));
  // A bias before a normalisation has no gradient but rounding: hence a floor.
  const largest = Math.max(...Object.values(gradients).flatMap(({ values }) => values.map(Math.abs)));
  for (const [name, { values }] of Object.entries(gradients)) {
    const { absolute } = within(BACKWARD, values);
    expect(grads[parameters[name]!.name]!, name).toBeAllClose(values, { absolute: Math.max(absolute, 1e-6 * largest), relative: 0 });
  }
  const { grads: ofInput } = valueAndGrads((x) => sum(mul(apply(x as Tensor2D), factors)))([input]);
  expect(ofInput[0]!).toBeAllClose(inputGradient.values, within(BACKWARD, inputGradient.values));
  dispose([factors, ...Object.values(grads), ...ofInput]);
}

describe.each(testBackends("cpu", ...native))("heads against PyTorch's layers in float64, on %s", (backend) => {
  useBackend(backend);

  test.each(Object.entries(golden.mlp))("%s: output, gradients, running statistics, evaluation", (_, { options, parameters, batches, weights, output, inputGradient, gradients, statistics, evaluated }) => {
    const create = (): ReturnType<typeof createMlpHead> => {
      const head = createMlpHead(random, options);
      assign(head.parameters, parameters);
      return head;
    };
    const head = create();
    const [first, second] = batches.map(rows) as [Tensor2D, Tensor2D];
    head.apply(first, training).dispose();
    const received = head.apply(second, training);
    expect(received).toBeAllClose(output.values, within(FORWARD, output.values));
    expect(Object.keys(head.buffers).sort()).toEqual(Object.keys(statistics).sort());
    for (const [name, { values }] of Object.entries(statistics)) expect(head.buffers[name]!, name).toBeAllClose(values, within(FORWARD, values));
    const inEvaluation = head.apply(second);
    expect(inEvaluation).toBeAllClose(evaluated.values, within(FORWARD, evaluated.values));
    const own = create();
    expectGradients((x) => own.apply(x, training), { input: second, weights, parameters: own.parameters, inputGradient, gradients });
    dispose([first, second, received, inEvaluation]);
  });

  test.each(Object.entries(golden.prototypes))("prototypes, %s: scores and gradients", (_, { options, parameters, input, weights, scores, inputGradient, gradients }) => {
    const head = createPrototypeHead(random, options);
    assign(head.parameters, parameters);
    const x = rows(input);
    const received = head.apply(x);
    expect(received).toBeAllClose(scores.values, within(FORWARD, scores.values));
    expectGradients((given) => head.apply(given), { input: x, weights, parameters: head.parameters, inputGradient, gradients });
    dispose([x, received]);
  });
});
