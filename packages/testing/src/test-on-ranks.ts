import { type Collective, disposeMethod, type MethodFactory, singleProcess, type ViewBatch } from "@ssl-vit/core";
import { dispose, slice, tidy, variableGrads } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import type { MethodUnderTest } from "./method-under-test.js";
import { onRanks } from "./on-ranks.js";
import { randomBatch } from "./random-batch.js";
import { stepContext } from "./step-context.js";

/** Options of {@link testOnRanks}. */
export interface RanksUnderTest<Config extends object> extends MethodUnderTest<Config> {
  /** Steps before the one that is compared, without an optimizer: they fill queues. Default 0. */
  readonly stepsBefore?: number;
  /** Local views beside the method's own. Default: none. */
  readonly locals?: { readonly count: number; readonly size: number };
}

type Numbers = Readonly<Record<string, readonly number[]>>;

/** The rows of a rank, of every view. The caller owns the images. */
function shareOf(batch: ViewBatch, { rank, size }: Collective): ViewBatch {
  const rows = batch.size / size;
  const views = batch.views.map(({ name, images }) => ({ name, images: slice(images, [rank * rows, 0, 0, 0], [rows, ...images.shape.slice(1)]) }));
  return { size: rows, views, indices: batch.indices.slice(rank * rows, (rank + 1) * rows) };
}

/** The loss, gradients and buffers of a method of its own after some steps, on the rows of this process. */
function train<Config extends object>(factory: MethodFactory<Config>, underTest: RanksUnderTest<Config>, collective: Collective): Numbers {
  const { encoders, options, batchSize = 4, stepsBefore = 0, locals } = underTest;
  const method = factory(encoders, options);
  const parameters = Object.entries(method.trainable);
  let numbers: Numbers = {};
  for (let step = 0; step <= stepsBefore; step++) {
    const whole = randomBatch(method, batchSize, step, locals);
    const batch = shareOf(whole, collective);
    const context = { ...stepContext(step), collective };
    const { value, grads } = variableGrads(() => tidy(() => method.loss(batch, context).loss), Object.values(method.trainable));
    method.afterStep?.(context);
    const buffers = Object.entries(method.buffers).map(([name, buffer]) => [name, [...buffer.dataSync()]]);
    const gradients = parameters.map(([name, { name: id }]) => [`gradient of ${name}`, [...grads[id]!.dataSync()]]);
    numbers = Object.fromEntries([["loss", [...value.dataSync()]], ...gradients, ...buffers]) as Numbers;
    dispose([value, ...Object.values(grads), ...[whole, batch].flatMap(({ views }) => views.map(({ images }) => images))]);
  }
  disposeMethod(method);
  return numbers;
}

/** Two processes with half a batch each do what one does with the whole batch: loss, gradients (as their means) and buffers. */
export function testOnRanks<Config extends object>(factory: MethodFactory<Config>, underTest: RanksUnderTest<Config>): void {
  describe(`${factory.methodName} on two processes`, () => {
    it("has the loss, the gradients and the buffers of one process with the whole batch", () => {
      const whole = train(factory, underTest, singleProcess);
      const ranks = onRanks(2, (collective) => train(factory, underTest, collective));
      const gradientsOf = (numbers: Numbers): number[] => Object.entries(numbers).flatMap(([name, values]) => (name.startsWith("gradient") ? values : []));
      const steepest = Math.max(...gradientsOf(whole).map(Math.abs));
      for (const [name, expected] of Object.entries(whole)) {
        const isMean = name === "loss" || name.startsWith("gradient");
        const received = isMean ? [expected.map((_, index) => (ranks[0]![name]![index]! + ranks[1]![name]![index]!) / 2)] : ranks.map((numbers) => numbers[name]!);
        // A gradient that is 0 but for rounding, a bias before a normalisation, is measured by the others.
        const largest = Math.max(...expected.map(Math.abs));
        const absolute = name.startsWith("gradient") ? Math.max(1e-3 * largest, 1e-5 * steepest) : 1e-5 * Math.max(1, largest);
        for (const values of received) expect(values, name).toBeAllClose(expected, { absolute, relative: 0 });
      }
    });
  });
}
