import { disposeMethod, disposeSignals, type Method, type MethodFactory, type ViewBatch } from "@ssl-vit/core";
import { dispose, tidy, variableGrads } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import type { MethodUnderTest } from "./method-under-test.js";
import { randomBatch } from "./random-batch.js";
import { stepContext } from "./step-context.js";

/** Options of {@link testLocalViews}. */
export interface LocalViewsUnderTest<Config extends object> extends MethodUnderTest<Config> {
  /** Side of a local view in pixels. */
  readonly localSize: number;
}

/** For methods that take any number of local views beside their two global ones (`withLocalViews`). */
export function testLocalViews<Config extends object>(factory: MethodFactory<Config>, { encoders, options, batchSize = 4, localSize }: LocalViewsUnderTest<Config>): void {
  describe(`${factory.methodName} with local views`, () => {
    const compute = (method: Method, batch: ViewBatch): { loss: number; gradients: number[][] } => {
      const { value, grads } = variableGrads(() => tidy(() => method.loss(batch, stepContext(5)).loss), Object.values(method.trainable));
      const gradients = Object.values(method.trainable).map(({ name }) => [...grads[name]!.dataSync()]);
      const loss = value.dataSync()[0]!;
      dispose([value, ...Object.values(grads)]);
      method.afterStep?.(stepContext(5));
      return { loss, gradients };
    };
    /** Each on a method of its own: a step moves teachers and statistics. */
    const lossOf = (batch: ViewBatch): ReturnType<typeof compute> => {
      const method = factory(encoders, options);
      try {
        return compute(method, batch);
      } finally {
        disposeMethod(method);
      }
    };

    it("compares each with the global ones: they count, in any order, and every parameter learns", () => {
      const method = factory(encoders, options);
      const [batch, other] = [0, 1].map((seed) => randomBatch(method, batchSize, seed, { count: 2, size: localSize })) as [ViewBatch, ViewBatch];
      const [global0, global1, local0, local1] = batch.views;
      const whole = lossOf(batch);
      expect(Number.isFinite(whole.loss)).toBe(true);
      for (const gradient of whole.gradients) expect(gradient.every(Number.isFinite) && gradient.some((value) => value !== 0)).toBe(true);
      const swapped = lossOf({ ...batch, views: [global0!, global1!, local1!, local0!] });
      expect(swapped.loss).toBeAllClose(whole.loss, { absolute: 1e-5, relative: 1e-5 });
      for (const views of [[global0!, global1!], [global0!, global1!, local0!], [global0!, global1!, local0!, other.views[3]!]]) {
        expect(Math.abs(lossOf({ ...batch, views }).loss - whole.loss)).toBeGreaterThan(1e-4);
      }
      dispose([batch, other].flatMap(({ views }) => views.map(({ images }) => images)));
      disposeMethod(method);
    });

    it("shows the global ones alone", () => {
      const method = factory(encoders, options);
      const batch = randomBatch(method, batchSize, 0, { count: 2, size: localSize });
      const signals = method.signals!(batch, stepContext(5));
      expect(signals.embeddings!.map(({ shape }) => shape[0])).toEqual([batchSize, batchSize]);
      for (const rows of signals.targets ?? []) expect(rows.shape).toEqual(signals.embeddings![0]!.shape);
      disposeSignals(signals);
      dispose(batch.views.map(({ images }) => images));
      disposeMethod(method);
    });
  });
}
