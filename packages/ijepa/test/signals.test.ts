import { disposeMethod, disposeSignals, patchTokensOf } from "@ssl-vit/core";
import { normalizeTokens } from "@ssl-vit/nn";
import { randomBatch, stepContext } from "@ssl-vit/testing";
import { vit } from "@ssl-vit/vit";
import { abs, dispose, mean, minimum, mul, sub } from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { ijepa } from "../src/index.js";

const model = { imageSize: 8, patchSize: 2, embedDim: 12, depth: 2, numHeads: 2, positionEmbedding: "sincos2d" } as const;
const options = { predictorDim: 8, predictorDepth: 2, minKeep: 2, targets: 3 };

it.each([true, false])("ijepa shows the patches of its blocks as the loss compares them: their smooth error is the loss ([CLS]: %s)", (clsToken) => {
  // Drops half of the samples in its last block: a look has to draw as the loss does.
  const method = ijepa(vit({ ...model, clsToken, dropPathRate: 0.5 }), options);
  const batch = randomBatch(method, 4);
  const { loss, metrics } = method.loss(batch, stepContext(2));
  const signals = method.signals!(batch, stepContext(2));
  const { of, prediction, target, mask } = signals.patches!;
  expect(of).toBe("features");
  const [images, patches, dim] = prediction.shape;
  expect([images, patches % 3, dim]).toEqual([4, 0, 12]);
  expect(target.shape).toEqual(prediction.shape);
  expect(mask.shape).toEqual([4, patches]);
  expect([...mask.dataSync()]).toEqual(new Array(4 * patches).fill(1));
  const length = abs(sub(prediction, target));
  const small = minimum(length, 1);
  expect(mean(mul(small, sub(length, mul(small, 0.5)))).dataSync()[0]).toBeCloseTo(loss.dataSync()[0]!, 5);
  disposeSignals(signals);
  dispose([loss, ...Object.values(metrics), ...batch.views.map(({ images: pixels }) => pixels)]);
  disposeMethod(method);
});

it("ijepa shows the mean patch of the whole image, the student's and the teacher's normalised ones", () => {
  const method = ijepa(vit({ ...model, registerTokens: 1 }), options);
  const batch = randomBatch(method, 4);
  const signals = method.signals!(batch, stepContext(2));
  // Student and teacher are equal at the start.
  const tokens = patchTokensOf(method.encoder, method.encoder.encode(batch.views[0]!.images));
  expect(signals.embeddings).toHaveLength(1);
  expect(signals.embeddings![0]!).toBeAllClose(mean(tokens, 1), { absolute: 1e-6 });
  expect(signals.targets).toHaveLength(1);
  expect(signals.targets![0]!).toBeAllClose(mean(normalizeTokens(tokens, 1e-5), 1), { absolute: 1e-6 });
  // The evaluated encoder is the teacher: the student's embeddings move with what is trained.
  const scale = method.trainable["encoder.norm.weight"]!;
  const doubled = mul(scale, 2);
  scale.assign(doubled);
  const moved = method.signals!(batch, stepContext(2));
  expect(moved.embeddings![0]!).toBeAllClose(mean(mul(tokens, 2), 1), { absolute: 1e-5 });
  expect(moved.targets![0]!).toBeAllClose(signals.targets![0]!, { absolute: 0, relative: 0 });
  for (const shown of [signals, moved]) disposeSignals(shown);
  dispose([tokens, doubled, ...batch.views.map(({ images }) => images)]);
  disposeMethod(method);
});
