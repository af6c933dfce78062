import { disposeMethod, disposeSignals } from "@ssl-vit/core";
import { randomBatch, stepContext } from "@ssl-vit/testing";
import { vit } from "@ssl-vit/vit";
import { abs, dispose, expandDims, mean, minimum, mul, slice, sub, sum } from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { data2vec } from "../src/index.js";

const model = { imageSize: 12, patchSize: 2, embedDim: 12, depth: 2, numHeads: 2 } as const;
const options = { targetBlocks: 2, maskRatio: 0.6, beta: 0.5 };

it("data2vec shows patches of features as the loss compares them: their smooth error is the loss", () => {
  // Drops half of the samples in its last block: a look has to draw as the loss does.
  const method = data2vec(vit({ ...model, dropPathRate: 0.5 }), options);
  const batch = randomBatch(method, 4);
  const { loss, metrics } = method.loss(batch, stepContext(2));
  const signals = method.signals!(batch, stepContext(2));
  const { of, prediction, target, mask } = signals.patches!;
  expect(of).toBe("features");
  expect(prediction.shape).toEqual([4, 36, 12]);
  const length = abs(sub(prediction, target));
  const small = minimum(length, 0.5);
  const errors = mul(mul(small, sub(length, mul(small, 0.5))), expandDims(mask, 2));
  const count = sum(mask).dataSync()[0]!;
  expect(count).toBeGreaterThan(4 * 10);
  expect(sum(errors).dataSync()[0]! / (count * 12 * 0.5)).toBeCloseTo(loss.dataSync()[0]!, 5);
  disposeSignals(signals);
  dispose([loss, metrics.targetDeviation, ...batch.views.map(({ images }) => images)]);
  disposeMethod(method);
});

it("data2vec shows the mean patch of the whole image, the student's and the target's", () => {
  const method = data2vec(vit(model), options);
  const batch = randomBatch(method, 4);
  const signals = method.signals!(batch, stepContext(2));
  const tokens = method.encoder.encode(batch.views[0]!.images);
  expect(signals.embeddings).toHaveLength(1);
  expect(signals.embeddings![0]!).toBeAllClose(mean(slice(tokens, [0, 1, 0]), 1), { absolute: 1e-6 });
  expect(signals.targets).toHaveLength(1);
  expect(signals.targets![0]!).toBeAllClose(mean(signals.patches!.target, 1), { absolute: 1e-6 });
  expect([signals.student, signals.teacher, signals.uninformedLoss]).toEqual([undefined, undefined, undefined]);
  disposeSignals(signals);
  dispose([tokens, ...batch.views.map(({ images }) => images)]);
  disposeMethod(method);
});
