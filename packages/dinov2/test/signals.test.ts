import { type DiagnosticSignals, disposeMethod, disposeSignals, type Float } from "@ssl-vit/core";
import { randomBatch, stepContext } from "@ssl-vit/testing";
import { vit } from "@ssl-vit/vit";
import { dispose, log, mean, mul, neg, norm, randomNormal, sum, zeros, zerosLike } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { dinov2, type Dinov2Config, type Dinov2Method } from "../src/index.js";

const encoders = vit({ imageSize: 16, patchSize: 4, embedDim: 12, depth: 2, numHeads: 2 });
const options: Partial<Dinov2Config> = { prototypes: 16, hiddenDim: 16, bottleneckDim: 8, localViews: 0, teacherTemperature: 0.05, koleoWeight: 0 };

/** −Σ_k teacher_k·log student_k, of every row. */
const crossEntropy = ({ student, teacher }: DiagnosticSignals): number =>
  mean(neg(sum(mul(teacher!.probabilities, log(student!.probabilities)), 1))).dataSync()[0]!;

/** Weights that are far from their start, another student than teacher, and a center that has moved; and a batch. */
function started(given: Partial<Dinov2Config> = {}) {
  const method: Dinov2Method = dinov2(encoders, { ...options, ...given });
  const batch = randomBatch(method, 4);
  for (const [index, variable] of Object.values(method.trainable).entries()) {
    const value = randomNormal(variable.shape, 0, 0.3, "float32", index + 1);
    variable.assign(value);
    value.dispose();
  }
  const { loss, metrics } = method.loss(batch, stepContext(0));
  dispose([loss, ...Object.values(metrics)]);
  method.afterStep!(stepContext(0));
  return { method, batch };
}

describe("what dinov2 shows of itself", () => {
  it.each(["center", "sinkhorn"] as const)("of [CLS] the student's and the teacher's distributions of other views: their cross-entropy is the loss of [CLS] (targets: %s)", (targets) => {
    const { method, batch } = started({ targets });
    const nothing: Float<"B P"> = zeros([8, 16]);
    const { loss, metrics } = method.lossOf(batch, nothing, stepContext(1));
    const signals = method.signals!(batch, stepContext(1));
    expect(Object.keys(signals).sort()).toEqual(["embeddings", "student", "targets", "teacher", "uninformedLoss"]);
    expect(crossEntropy(signals)).toBeCloseTo(metrics.clsLoss.dataSync()[0]!, 4);
    expect(signals.student).toMatchObject({ kind: "prototypes", temperature: 0.1 });
    expect(signals.teacher).toMatchObject({ kind: "prototypes", temperature: 0.05 });
    for (const rows of [signals.embeddings!, signals.targets!]) {
      expect(rows.map(({ shape }) => shape)).toEqual([[4, 8], [4, 8]]);
      for (const view of rows) expect(norm(view, 2, 1)).toBeAllClose([1, 1, 1, 1], { relative: 1e-4 });
    }
    disposeSignals(signals);
    dispose([nothing, loss, ...Object.values(metrics), ...batch.views.map(({ images }) => images)]);
    disposeMethod(method);
  });

  it.each([0.25, 0.5])("the loss of a student that says the same of everything: ln K of [CLS], and ln K of patches in the masked views (maskProbability: %f)", (maskProbability) => {
    const { method, batch } = started({ maskProbability });
    const lengths = method.trainable["head.last_layer.weight_g"]!;
    const none = zerosLike(lengths);
    lengths.assign(none); // all scores are 0
    const { loss, metrics } = method.loss(batch, stepContext(1));
    const signals = method.signals!(batch, stepContext(1));
    expect(signals.uninformedLoss!(4)).toBeCloseTo((1 + maskProbability) * Math.log(16), 10);
    expect(loss.dataSync()[0]).toBeCloseTo(signals.uninformedLoss!(4), 4);
    disposeSignals(signals);
    dispose([none, loss, ...Object.values(metrics), ...batch.views.map(({ images }) => images)]);
    disposeMethod(method);
  });

  it("no such loss with KoLeo, which is not of prototypes", () => {
    const { method, batch } = started({ koleoWeight: 0.1 });
    const signals = method.signals!(batch, stepContext(1));
    expect(signals.uninformedLoss).toBeUndefined();
    expect(signals.student).toBeDefined();
    disposeSignals(signals);
    dispose(batch.views.map(({ images }) => images));
    disposeMethod(method);
  });
});
