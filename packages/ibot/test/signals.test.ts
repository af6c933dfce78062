import { createRandom, type DiagnosticSignals, disposeMethod, disposeSignals, type Float, type ViewBatch } from "@ssl-vit/core";
import { randomBatch, stepContext } from "@ssl-vit/testing";
import { vit } from "@ssl-vit/vit";
import { dispose, log, mean, mul, neg, norm, randomNormal, slice, sum, tensor2d, zeros, zerosLike } from "@tensorflow/tfjs-core";
import { afterAll, describe, expect, it } from "vitest";
import { drawMask, maskedShare } from "../src/draw-mask.js";
import { defaults } from "../src/config.js";
import { ibot, type IbotConfig, type IbotMethod } from "../src/index.js";

const encoders = vit({ imageSize: 16, patchSize: 4, embedDim: 12, depth: 2, numHeads: 2 });
const options: Partial<IbotConfig> = { prototypes: 16, hiddenDim: 16, bottleneckDim: 8, localViews: 0, teacherTemperature: 0.05 };

/** −Σ_k teacher_k·log student_k, of every row. */
const crossEntropy = ({ student, teacher }: DiagnosticSignals): number =>
  mean(neg(sum(mul(teacher!.probabilities, log(student!.probabilities)), 1))).dataSync()[0]!;

describe("what ibot shows of itself", () => {
  /** Weights that are far from their start, another student than teacher, and a center that has moved. */
  const started = (given: Partial<IbotConfig> = {}): IbotMethod => {
    const method = ibot(encoders, { ...options, ...given });
    for (const [index, variable] of Object.values(method.trainable).entries()) {
      const value = randomNormal(variable.shape, 0, 0.3, "float32", index + 1);
      variable.assign(value);
      value.dispose();
    }
    const { loss, metrics } = method.loss(batchOf(method), stepContext(0));
    dispose([loss, ...Object.values(metrics)]);
    method.afterStep!(stepContext(0));
    return method;
  };
  let batch: ViewBatch | undefined;
  const batchOf = (method: IbotMethod): ViewBatch => (batch ??= randomBatch(method, 4));
  const nothing: Float<"B P"> = zeros([8, 16]);
  afterAll(() => {
    dispose([nothing, ...batch!.views.map(({ images }) => images)]);
  });

  it.each([true, false])("of [CLS] the student's and the teacher's distributions of other views: their cross-entropy is the loss of [CLS] (shared head: %s)", (sharedHead) => {
    const method = started({ sharedHead });
    const { loss, metrics } = method.lossOf(batchOf(method), nothing, stepContext(1));
    const signals = method.signals!(batchOf(method), stepContext(1));
    expect(Object.keys(signals).sort()).toEqual(["embeddings", "student", "targets", "teacher", "uninformedLoss"]);
    expect([...method.buffers["center"]!.dataSync()].every((value) => value === 0)).toBe(false);
    expect(crossEntropy(signals)).toBeCloseTo(metrics.clsLoss.dataSync()[0]!, 4);
    expect(signals.student).toMatchObject({ kind: "prototypes", temperature: 0.1 });
    expect(signals.teacher).toMatchObject({ kind: "prototypes", temperature: 0.05 });
    expect(signals.student!.scores.shape).toEqual([8, 16]);
    disposeSignals(signals);
    dispose([loss, ...Object.values(metrics)]);
    disposeMethod(method);
  });

  it("bottlenecks of both whole views, the student's and the teacher's, of length 1", () => {
    const method = started();
    const signals = method.signals!(batchOf(method), stepContext(1));
    for (const rows of [signals.embeddings!, signals.targets!]) {
      expect(rows.map(({ shape }) => shape)).toEqual([[4, 8], [4, 8]]);
      for (const view of rows) expect(norm(view, 2, 1)).toBeAllClose([1, 1, 1, 1], { relative: 1e-4 });
    }
    expect([...signals.embeddings![0]!.dataSync()]).not.toEqual([...signals.embeddings![1]!.dataSync()]);
    // A look at the second image alone shows its row: nothing depends on the rest of the batch.
    const second = { size: 1, indices: Int32Array.of(1), views: batchOf(method).views.map(({ name, images }) => ({ name, images: slice(images, [1, 0, 0, 0], [1, -1, -1, -1]) })) };
    const alone = method.signals!(second, stepContext(1));
    expect(alone.embeddings![1]!).toBeAllClose(slice(signals.embeddings![1]!, 1, 1), { absolute: 1e-5 });
    for (const shown of [signals, alone]) disposeSignals(shown);
    dispose(second.views.map(({ images }) => images));
    disposeMethod(method);
  });

  it("the loss of a student that says the same of everything: ln K of [CLS], and ln K of patches in the views that have masked ones", () => {
    const method = started();
    const lengths = method.trainable["head.last_layer.weight_g"]!;
    const none = zerosLike(lengths);
    lengths.assign(none); // all scores are 0
    const half: Float<"B P"> = tensor2d(Array.from({ length: 8 }, (_, row) => Array.from({ length: 16 }, (_, patch) => (row % 2 === 0 && patch < 3 ? 1 : 0))));
    const { loss, metrics } = method.lossOf(batchOf(method), half, stepContext(1));
    const signals = method.signals!(batchOf(method), stepContext(1));
    expect(signals.uninformedLoss!(4)).toBeCloseTo(1.5 * Math.log(16), 10);
    expect(loss.dataSync()[0]).toBeCloseTo(signals.uninformedLoss!(4), 4);
    expect(signals.student!.probabilities).toBeAllClose(new Float32Array(8 * 16).fill(1 / 16));
    disposeSignals(signals);
    dispose([none, half, loss, ...Object.values(metrics)]);
    disposeMethod(method);
  });
});

describe("maskedShare", () => {
  it.each<[readonly (readonly [number, number])[], number]>([
    [[[0, 0], [0.1, 0.5]], 0.5],
    [[[0.3, 0.3]], 1],
    [[[0, 0.25]], 0.75], // of 16 patches, shares below 1/16 ask for none
    [[[0, 0.05], [0.2, 0.4]], 0.5],
  ])("of ranges %j is the share of views that drawMask masks: %f", (maskRatios, expected) => {
    const config = { ...defaults, maskRatios };
    expect(maskedShare(config, stepContext(0), [4, 4])).toBeCloseTo(expected, 10);
    const size = 2000;
    const mask = drawMask(config, { ...stepContext(0), random: createRandom(5) }, { size, views: [], indices: Int32Array.from({ length: size }, (_, index) => index) }, [4, 4]);
    const counts = sum(mask, 1);
    const share = [...counts.dataSync()].filter((count) => count > 0).length / (2 * size);
    expect(Math.abs(share - expected)).toBeLessThan(0.03);
    dispose([mask, counts]);
  });

  it("is 0 before maskStartEpoch", () => {
    const config = { ...defaults, maskStartEpoch: 2 };
    expect([0, 19, 20].map((step) => maskedShare(config, stepContext(step), [4, 4]))).toEqual([0, 0, 0.5]);
  });
});
