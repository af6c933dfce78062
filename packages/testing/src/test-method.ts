import {
  copyParameters,
  disposeMethod,
  encodeInChunks,
  methodVariables,
  planBatch,
  singleProcess,
  type Method,
  type MethodFactory,
  type StepContext,
  type ViewBatch,
} from "@ssl-vit/core";
import { abs, dispose, max, memory, type NamedTensorMap, tensor, tidy, type Variable, variableGrads } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectNoLeaks } from "./expect-no-leaks.js";
import type { MethodUnderTest } from "./method-under-test.js";
import { randomBatch } from "./random-batch.js";
import { stepContext } from "./step-context.js";
import { testSignals } from "./test-signals.js";

const valuesOf = (variables: ReadonlyMap<string, Variable>): Map<string, number[]> =>
  new Map([...variables].map(([name, variable]) => [name, [...variable.dataSync()]]));

/** The suite that every method passes: what the trainer, checkpoints and users rely on. */
export function testMethod<Config extends object>(factory: MethodFactory<Config>, underTest: MethodUnderTest<Config>): void {
  const { encoders, options, batchSize = 4, minimumImages = 2, movesTargets = false, frozen = [] } = underTest;
  testSignals(factory, underTest);
  describe(`contract of ${factory.methodName}`, () => {
    let method: Method;
    let batch: ViewBatch;
    const create = (seed = 0): Method => factory(encoders, { ...options, seed });
    const lossAt = (context: StepContext): number => {
      const { loss, metrics } = method.loss(batch, context);
      const value = loss.dataSync()[0]!;
      for (const scalar of [loss, ...Object.values(metrics)]) scalar.dispose();
      return value;
    };
    const gradientsAt = (context: StepContext): NamedTensorMap => {
      const { value, grads } = variableGrads(() => tidy(() => method.loss(batch, context).loss), Object.values(method.trainable));
      value.dispose();
      return grads;
    };

    beforeAll(() => {
      method = create();
      batch = randomBatch(method, batchSize);
    });
    afterAll(() => {
      disposeMethod(method);
      for (const { images } of batch.views) images.dispose();
    });

    it("has a name, a paper, presets and a configuration that survives JSON", () => {
      expect(factory.methodName).toMatch(/^[a-z][a-z0-9-]*$/);
      expect(factory.paper).toMatch(/^https:\/\//);
      expect(Object.keys(factory.presets)).toContain("small");
      expect(method.name).toBe(factory.methodName);
      const saved = JSON.parse(JSON.stringify(method.config)) as Record<string, unknown>;
      expect(Object.keys(saved).sort()).toEqual(Object.keys(factory.defaults).sort());
      expect(JSON.parse(JSON.stringify(method.views))).toEqual(method.views);
      for (const preset of Object.values(factory.presets)) {
        expect(Object.keys(factory.defaults)).toEqual(expect.arrayContaining(Object.keys(preset.method)));
      }
    });

    it("refuses an unknown option and names the nearest", () => {
      const [known] = Object.keys(factory.defaults);
      const mistyped = { [`${known!}x`]: 1 } as Partial<Config>;
      expect(() => factory(encoders, mistyped)).toThrow(`[${factory.methodName}] Unknown option "${known!}x". Did you mean "${known!}"?`);
    });

    it("refuses views that it does not know, missing ones and too small a batch, before training and at a loss", () => {
      const plan = planBatch(method.views, batchSize, singleProcess);
      method.assertBatch!(plan);
      const [name, count] = Object.entries(plan.views)[0]!;
      for (const views of [{}, { ...plan.views, [name]: count - 1 }, { ...plan.views, [name]: count + 1 }, { ...plan.views, "no such view": 1 }]) {
        expect(() => { method.assertBatch!({ ...plan, views }); }, JSON.stringify(views)).toThrow(`[@ssl-vit/${factory.methodName}] views of an image: expected `);
      }
      expect(() => method.loss({ ...batch, views: [] }, stepContext(0))).toThrow(`[@ssl-vit/${factory.methodName}] views of an image: expected `);
      if (minimumImages > 1) {
        expect(() => { method.assertBatch!({ ...plan, images: minimumImages - 1 }); }).toThrow(`[@ssl-vit/${factory.methodName}] batchSize: expected at least ${minimumImages} images, received ${minimumImages - 1}.`);
      }
    });

    it("keeps trainable parameters and buffers apart, and its encoder among them", () => {
      const trainable = new Set(Object.values(method.trainable));
      for (const [name, buffer] of Object.entries(method.buffers)) expect(trainable.has(buffer), name).toBe(false);
      const all = new Set(methodVariables(method).values());
      for (const [name, parameter] of Object.entries(method.encoder.parameters)) expect(all.has(parameter), name).toBe(true);
    });

    it("gives a finite scalar loss and finite scalar metrics", () => {
      const { loss, metrics } = method.loss(batch, stepContext(0));
      for (const [name, scalar] of Object.entries({ loss, ...metrics })) {
        expect(scalar.shape, name).toEqual([]);
        expect(Number.isFinite(scalar.dataSync()[0]!), name).toBe(true);
        scalar.dispose();
      }
    });

    it("sends a finite gradient that is not all zero to the whole of what it trains", () => {
      const gradients = gradientsAt(stepContext(0));
      for (const [name, parameter] of Object.entries(method.trainable)) {
        const gradient = gradients[parameter.name];
        expect(gradient, name).toBeDefined();
        expect(gradient!.shape, name).toEqual(parameter.shape);
        expect(gradient!.dataSync().every(Number.isFinite), name).toBe(true);
      }
      const zero = Object.entries(method.trainable).filter(([, parameter]) => gradients[parameter.name]!.dataSync().every((value) => value === 0));
      expect(zero.map(([name]) => name)).toEqual([]);
      for (const gradient of Object.values(gradients)) gradient.dispose();
    });

    it("is a function of the seed and the step, not of the calls before", () => {
      const first = lossAt(stepContext(3));
      lossAt(stepContext(4));
      expect(lossAt(stepContext(3))).toBe(first);
    });

    it("starts equal for equal seeds and different for others", () => {
      const [same, other] = [create(0), create(1)];
      const start = create(0);
      expect(valuesOf(methodVariables(same))).toEqual(valuesOf(methodVariables(start)));
      const differs = [...methodVariables(other)].some(([name, variable]) => {
        const before = methodVariables(start).get(name)!.dataSync();
        return variable.dataSync().some((value, index) => value !== before[index]);
      });
      // A method without a head of its own has nothing to seed; its encoder has a seed of its own.
      if (Object.keys(method.trainable).length > Object.keys(method.encoder.parameters).length) expect(differs).toBe(true);
      for (const one of [same, other, start]) disposeMethod(one);
    });

    it("changes no trainable parameter by itself, and buffers only as state", () => {
      const before = valuesOf(new Map(Object.entries(method.trainable)));
      lossAt(stepContext(5));
      method.afterStep?.(stepContext(5));
      expect(valuesOf(new Map(Object.entries(method.trainable)))).toEqual(before);
    });

    it("freezes what the test names, of its trainable parameters and of no others", () => {
      const frozenAtStart = Object.keys(method.trainable).filter((name) => method.isFrozen?.(name, stepContext(0)));
      expect(frozenAtStart).toEqual([...frozen]);
      expect(method.isFrozen?.("no.such.parameter", stepContext(0)) ?? false).toBe(false);
    });

    it("has all of its state in its variables: a copy of them goes on with the same losses and buffers", () => {
      const [first, second] = [create(0), create(1)];
      const step = (one: Method, number: number): number => {
        const { loss, metrics } = one.loss(batch, stepContext(number));
        const value = loss.dataSync()[0]!;
        for (const scalar of [loss, ...Object.values(metrics)]) scalar.dispose();
        one.afterStep?.(stepContext(number));
        return value;
      };
      for (const number of [0, 1, 2]) step(first, number);
      const copies = methodVariables(second);
      for (const [name, variable] of methodVariables(first)) copies.get(name)!.assign(variable);
      for (const number of [3, 4]) expect(step(second, number)).toBe(step(first, number));
      expect(valuesOf(methodVariables(second))).toEqual(valuesOf(methodVariables(first)));
      for (const one of [first, second]) disposeMethod(one);
    });

    it(`falls along its gradient${movesTargets ? "" : " as fast as the gradient says (within 20 %)"}`, () => {
      const start = valuesOf(new Map(Object.entries(method.trainable)));
      const context = stepContext(50);
      const before = lossAt(context);
      const gradients = gradientsAt(context);
      const slopes = Object.entries(method.trainable).map(([name, { name: id }]) => [name, gradients[id]!.dataSync<"float32">()] as const);
      const squaredNorm = slopes.reduce((sum, [, slope]) => sum + slope.reduce((partial: number, value: number) => partial + value * value, 0), 0);
      // A step so small that the loss is straight along it, and large enough to stand out of float32: a thousandth of the loss.
      const rate = (1e-3 * Math.abs(before)) / squaredNorm;
      const move = (name: string, values: readonly number[]): void => {
        const parameter = method.trainable[name]!;
        const moved = tensor([...values], parameter.shape);
        parameter.assign(moved);
        moved.dispose();
      };
      for (const [name, slope] of slopes) move(name, start.get(name)!.map((value, index) => value - rate * slope[index]!));
      const fall = before - lossAt(context);
      for (const [name, values] of start) move(name, values);
      for (const gradient of Object.values(gradients)) gradient.dispose();
      method.afterStep?.(context);
      expect(fall / (rate * squaredNorm)).toBeGreaterThan(movesTargets ? 0 : 0.8);
      if (!movesTargets) expect(fall / (rate * squaredNorm)).toBeLessThan(1.2);
    });

    it("has the same loss and gradients when its encoders take three images at a time", () => {
      const context = stepContext(7);
      const whole = gradientsAt(context);
      const wholeLoss = lossAt(context);
      const chunked = factory(encodeInChunks(encoders, { microBatch: 3 }), options);
      copyParameters(Object.fromEntries(methodVariables(method)), Object.fromEntries(methodVariables(chunked)));
      const { value, grads } = variableGrads(() => tidy(() => chunked.loss(batch, context).loss), Object.values(chunked.trainable));
      expect(value).toBeAllClose(wholeLoss, { absolute: 1e-5 });
      const steepest = Math.max(...Object.values(whole).map((gradient) => max(abs(gradient)).dataSync()[0]!));
      for (const [name, { name: id }] of Object.entries(method.trainable)) {
        expect(grads[chunked.trainable[name]!.name], name).toBeAllClose(whole[id]!, { absolute: 1e-5 * steepest, relative: 1e-5 });
      }
      dispose([value, ...Object.values(grads), ...Object.values(whole)]);
      for (const one of [method, chunked]) one.afterStep?.(context);
      disposeMethod(chunked);
    });

    it("leaves no tensor behind: a step, and a whole life", async () => {
      await expectNoLeaks(() => {
        // A step may take several batches.
        lossAt(stepContext(6));
        lossAt(stepContext(6));
        method.afterStep?.(stepContext(6));
      });
      const before = memory().numTensors;
      disposeMethod(create());
      expect(memory().numTensors).toBe(before);
    });
  });
}
