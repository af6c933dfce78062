import {
  disposeMethod,
  disposeSignals,
  methodVariables,
  type DiagnosticSignals,
  type Method,
  type MethodFactory,
  type PredictedPatches,
  type ScoredAlternatives,
  type StepContext,
  type ViewBatch,
} from "@ssl-vit/core";
import { dispose, type Tensor } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectNoLeaks } from "./expect-no-leaks.js";
import type { MethodUnderTest } from "./method-under-test.js";
import { randomBatch } from "./random-batch.js";
import { stepContext } from "./step-context.js";

/** Every tensor that is shown, by name. */
function shownTensors({ embeddings = [], targets = [], student, teacher, patches }: DiagnosticSignals): Record<string, Tensor> {
  const named = (name: string, tensors: readonly Tensor[]): [string, Tensor][] => tensors.map((tensor, index) => [`${name}[${index}]`, tensor]);
  const scored = (name: string, { scores, probabilities }: ScoredAlternatives): [string, Tensor][] => [[`${name}.scores`, scores], [`${name}.probabilities`, probabilities]];
  const predicted = ({ prediction, target, mask }: PredictedPatches): [string, Tensor][] => [["patches.prediction", prediction], ["patches.target", target], ["patches.mask", mask]];
  return Object.fromEntries([
    ...named("embeddings", embeddings),
    ...named("targets", targets),
    ...(student === undefined ? [] : scored("student", student)),
    ...(teacher === undefined ? [] : scored("teacher", teacher)),
    ...(patches === undefined ? [] : predicted(patches)),
  ]);
}

const valuesOf = (named: Iterable<readonly [string, Tensor]>): Record<string, number[]> =>
  Object.fromEntries([...named].map(([name, tensor]) => [name, [...tensor.dataSync()]]));

/** A part of `testMethod`: what a method shows of itself, and that looking changes nothing of its run. */
export function testSignals<Config extends object>(factory: MethodFactory<Config>, { encoders, options, batchSize = 4, showsNothing = false }: MethodUnderTest<Config>): void {
  if (showsNothing) return;
  describe(`signals of ${factory.methodName}`, () => {
    const create = (): Method => factory(encoders, options);
    let method: Method;
    let batch: ViewBatch;
    /** Of other images than the batch's, and of another number of them. */
    let probe: ViewBatch;
    const lookAt = <T>(look: (signals: DiagnosticSignals) => T): T => {
      const signals = method.signals!(probe, stepContext(3));
      try {
        return look(signals);
      } finally {
        disposeSignals(signals);
      }
    };
    const step = (one: Method, context: StepContext, look: () => void): number => {
      const { loss, metrics } = one.loss(batch, context);
      const [value] = loss.dataSync();
      dispose([loss, ...Object.values(metrics)]);
      look();
      one.afterStep?.(context);
      return value!;
    };

    beforeAll(() => {
      method = create();
      batch = randomBatch(method, batchSize);
      probe = randomBatch(method, batchSize + 1, 1);
    });
    afterAll(() => {
      disposeMethod(method);
      dispose([batch, probe].flatMap(({ views }) => views.map(({ images }) => images)));
    });

    it("shows something of itself, all of it finite", () => {
      expect(typeof method.signals, "Every method shows what it knows: see `signals` of the contract.").toBe("function");
      lookAt((signals) => {
        const shown = valuesOf(Object.entries(shownTensors(signals)));
        expect(Object.keys(shown).length).toBeGreaterThan(0);
        for (const [name, values] of Object.entries(shown)) {
          expect(values.length, name).toBeGreaterThan(0);
          expect(values.every(Number.isFinite), name).toBe(true);
        }
        if (signals.uninformedLoss !== undefined) expect(Number.isFinite(signals.uninformedLoss(batchSize))).toBe(true);
      });
    });

    it("shows one row for each image in embeddings, targets and patches", () => {
      lookAt(({ embeddings = [], targets = [], patches }) => {
        for (const rows of [embeddings, targets]) {
          for (const { shape } of rows) expect(shape).toEqual([probe.size, rows[0]!.shape[1]]);
        }
        // Views of the largest size alone.
        const sides = probe.views.map(({ images }) => images.shape[1]);
        expect(embeddings.length).toBeLessThanOrEqual(sides.filter((side) => side === Math.max(...sides)).length);
        if (patches === undefined) return;
        const [images, count] = patches.target.shape;
        expect(images).toBe(probe.size);
        expect(patches.prediction.shape).toEqual(patches.target.shape);
        expect(patches.mask.shape).toEqual([images, count]);
        const mask = [...patches.mask.dataSync()];
        expect(mask.every((value) => value === 0 || value === 1)).toBe(true);
        expect(mask).toContain(1);
      });
    });

    it("shows distributions over the alternatives, as many rows of the student as of the teacher", () => {
      lookAt(({ student, teacher }) => {
        for (const alternatives of [student, teacher]) {
          if (alternatives === undefined) continue;
          const { kind, scores, temperature, probabilities } = alternatives;
          expect(scores.shape).toHaveLength(2);
          expect(scores.shape[0]).toBeGreaterThan(0);
          expect(probabilities.shape).toEqual(scores.shape);
          if (kind === "images") expect(scores.shape[1]).toBe(scores.shape[0]);
          expect(Number.isNaN(temperature) || temperature > 0, String(temperature)).toBe(true);
          for (const row of probabilities.arraySync()) {
            expect(row.every((share) => share >= 0)).toBe(true);
            expect(row.reduce((total, share) => total + share, 0)).toBeCloseTo(1, 4);
          }
        }
        if (student !== undefined && teacher !== undefined) expect(teacher.scores.shape).toEqual(student.scores.shape);
      });
    });

    it("shows the same when it is asked again, and changes no variable", () => {
      const before = valuesOf(methodVariables(method));
      const first = lookAt((signals) => valuesOf(Object.entries(shownTensors(signals))));
      expect(lookAt((signals) => valuesOf(Object.entries(shownTensors(signals))))).toEqual(first);
      expect(valuesOf(methodVariables(method))).toEqual(before);
    });

    it("leaves no trace in a run: losses and variables are the same with and without a look before, during and after each step", () => {
      const [watched, alone] = [create(), create()];
      for (const number of [0, 1, 2, 3]) {
        const context = stepContext(number);
        const look = (): void => { disposeSignals(watched.signals!(probe, context)); };
        look();
        expect(step(watched, context, look)).toBe(step(alone, context, () => undefined));
        look();
        expect(valuesOf(methodVariables(watched))).toEqual(valuesOf(methodVariables(alone)));
      }
      for (const one of [watched, alone]) disposeMethod(one);
    });

    it("leaves no tensor behind but what it shows", async () => {
      await expectNoLeaks(() => { lookAt(() => undefined); });
      await expectNoLeaks(() => {
        const shown = Object.values(shownTensors(method.signals!(probe, stepContext(3))));
        dispose(shown);
      });
    });
  });
}
