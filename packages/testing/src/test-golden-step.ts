import { readFileSync } from "node:fs";
import { disposeMethod, type EncoderFactory, type Method, type MethodFactory, methodVariables, type Random, type ViewBatch } from "@ssl-vit/core";
import { tensor, tensor4d, tidy, variableGrads } from "@tensorflow/tfjs-core";
import { afterAll, describe, expect, it } from "vitest";
import type { GoldenArray } from "./golden.js";
import { stepContext } from "./step-context.js";

/** One training step that a script of `benchmarks/reference/methods` computed in float64. */
interface GoldenStep {
  /** Options of the encoder. */
  readonly encoder: Readonly<Record<string, unknown>>;
  /** Options of the method. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Values to set beforehand: everything trainable, and buffers such as a teacher. */
  readonly variables: Readonly<Record<string, GoldenArray>>;
  readonly views: readonly { readonly name: string; readonly images: GoldenArray }[];
  readonly loss: number;
  readonly gradients: Readonly<Record<string, GoldenArray>>;
  /** Buffers that the loss changes (running statistics). */
  readonly after: Readonly<Record<string, GoldenArray>>;
  /** Buffers that the end of the step changes, nothing being trained (teacher, centre). */
  readonly afterStep: Readonly<Record<string, GoldenArray>>;
}

/** Options of {@link testGoldenStep}. */
export interface GoldenStepOptions {
  /** Makes the encoder of the given options (`vit`). */
  readonly encoders: (options: Record<string, unknown>) => EncoderFactory;
  readonly file: URL;
  /** The step's random stream, where the script made the draws. Default: that of `stepContext`. */
  readonly random?: Random;
  /** Step of a run of 100 in which the loss is computed. Default 0. */
  readonly step?: number;
  /** Of the gradients, relative to the largest value of each. Default 2e-4: float32 against float64, through normalisations of four rows. */
  readonly gradientTolerance?: number;
}

function assign(method: Method, values: GoldenStep["variables"]): void {
  const variables = methodVariables(method);
  expect(Object.keys(values)).toEqual(expect.arrayContaining(Object.keys(method.trainable)));
  for (const [name, { shape, values: start }] of Object.entries(values)) {
    const variable = variables.get(name);
    expect(variable?.shape, name).toEqual(shape);
    const value = tensor(start, shape);
    variable!.assign(value);
    value.dispose();
  }
}

/** Compares the loss, the gradient of every trainable parameter, and the buffers that the loss changes, with a golden step. */
export function testGoldenStep<Config extends object>(factory: MethodFactory<Config>, options: GoldenStepOptions): void {
  const { encoders, file, step = 0, random = stepContext(step).random, gradientTolerance = 2e-4 } = options;
  describe(`one step of ${factory.methodName} against PyTorch in float64`, () => {
    const golden = JSON.parse(readFileSync(file, "utf8")) as GoldenStep;
    const method = factory(encoders({ ...golden.encoder }), golden.options as Partial<Config>);
    assign(method, golden.variables);
    const views = golden.views.map(({ name, images: { shape, values } }) => ({ name, images: tensor4d(values, shape as [number, number, number, number]) }));
    const size = views[0]!.images.shape[0];
    const batch: ViewBatch = { size, views, indices: Int32Array.from({ length: size }, (_, index) => index) };
    const context = { ...stepContext(step), random };
    const { value, grads } = variableGrads(() => tidy(() => method.loss(batch, context).loss), Object.values(method.trainable));
    const after = Object.entries(golden.after);
    const afterLoss = after.map(([name]) => [...(method.buffers[name]?.dataSync() ?? [])]);
    method.afterStep?.(context);
    const afterStep = Object.entries(golden.afterStep);
    afterAll(() => {
      disposeMethod(method);
      for (const one of [value, ...views.map(({ images }) => images), ...Object.values(grads)]) one.dispose();
    });

    it("has the same loss", () => {
      expect(value).toBeAllClose(golden.loss, { absolute: 1e-6, relative: 1e-5 });
    });

    if (after.length > 0) {
      it("leaves the same buffers", () => {
        for (const [index, [name, { values }]] of after.entries()) expect(afterLoss[index]!, name).toBeAllClose(values, { absolute: 1e-5, relative: 1e-5 });
      });
    }

    if (afterStep.length > 0) {
      it("leaves the same buffers at the end of the step", () => {
        for (const [name, { values }] of afterStep) expect(method.buffers[name]!, name).toBeAllClose(values, { absolute: 1e-6, relative: 1e-5 });
      });
    }

    it("trains the same parameters", () => {
      expect(Object.keys(method.trainable).sort()).toEqual(Object.keys(golden.gradients).sort());
    });

    const steepest = Math.max(...Object.values(golden.gradients).flatMap(({ values }) => values.map(Math.abs)));
    it.each(Object.keys(golden.gradients))("has the same gradient of %s", (name) => {
      const { shape, values } = golden.gradients[name]!;
      const gradient = grads[method.trainable[name]!.name]!;
      expect(gradient.shape).toEqual(shape);
      const largest = Math.max(...values.map(Math.abs));
      // A bias before a normalisation has no gradient but rounding: hence a floor, far below the others.
      expect(gradient).toBeAllClose(values, { absolute: Math.max(gradientTolerance * largest, 3e-6 * Math.max(1, steepest)), relative: 0 });
    });
  });
}
