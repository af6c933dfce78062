import { disposeMethod, disposeSignals } from "@ssl-vit/core";
import { randomBatch, stepContext } from "@ssl-vit/testing";
import { vit } from "@ssl-vit/vit";
import { dispose, expandDims, mul, square, sub, sum } from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { cmae } from "../src/index.js";

/** Drops half of the samples in its last block: a look has to draw as the loss does. */
const encoders = vit({ imageSize: 8, patchSize: 2, embedDim: 12, depth: 2, numHeads: 2, positionEmbedding: "sincos2d", dropPathRate: 0.5 });
const options = { decoderDim: 8, decoderHeads: 2, pixelDecoderDepth: 1, featureDecoderDepth: 1, hiddenDim: 10, outputDim: 6, temperature: 0.2 };

it("cmae shows its painted patches, whose error is the reconstruction, and its predictions among the teacher's targets, which give the contrastive loss", () => {
  const method = cmae(encoders, options);
  const batch = randomBatch(method, 4);
  const { loss, metrics } = method.loss(batch, stepContext(2));
  const signals = method.signals!(batch, stepContext(2));
  const { embeddings, targets, student, patches } = signals;
  expect(Object.keys(signals).sort()).toEqual(["embeddings", "patches", "student", "targets"]);

  expect(patches!.of).toBe("pixels");
  expect(patches!.prediction.shape).toEqual([4, 16, 12]);
  const hidden = sum(patches!.mask, 1).dataSync();
  expect([...hidden]).toEqual([12, 12, 12, 12]); // 3 of 4 squares
  const error = sum(mul(square(sub(patches!.prediction, patches!.target)), expandDims(patches!.mask, 2))).dataSync()[0]! / (4 * 12 * 12);
  expect(error).toBeCloseTo(metrics.reconstruction.dataSync()[0]!, 5);

  expect([embeddings!, targets!].map((rows) => rows.map(({ shape }) => shape))).toEqual([[[4, 6]], [[4, 6]]]);
  expect(student).toMatchObject({ kind: "images", temperature: 0.2 });
  const right = student!.probabilities.arraySync().map((row, image) => -Math.log(row[image]!));
  const contrastive = (2 * 0.2 * right.reduce((total, one) => total + one, 0)) / 4;
  expect(contrastive).toBeCloseTo(metrics.contrastive.dataSync()[0]!, 5);
  disposeSignals(signals);
  dispose([loss, ...Object.values(metrics), ...batch.views.map(({ images }) => images)]);
  disposeMethod(method);
});
