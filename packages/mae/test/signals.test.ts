import { disposeMethod, disposeSignals } from "@ssl-vit/core";
import { randomBatch, stepContext } from "@ssl-vit/testing";
import { vit } from "@ssl-vit/vit";
import { dispose, expandDims, mul, square, sub, sum } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { mae } from "../src/index.js";

/** Drops half of the samples in its last block: a look has to draw as the loss does. */
const encoders = vit({ imageSize: 8, patchSize: 2, embedDim: 12, depth: 2, numHeads: 2, positionEmbedding: "sincos2d", dropPathRate: 0.5 });
const options = { decoderDim: 8, decoderDepth: 1, decoderHeads: 2 };

describe("what mae shows of itself", () => {
  it.each([true, false])("patches of pixels as the loss compares them: their error is the loss (normalizeTarget: %s)", (normalizeTarget) => {
    const method = mae(encoders, { ...options, normalizeTarget });
    const batch = randomBatch(method, 4);
    const { loss } = method.loss(batch, stepContext(2));
    const signals = method.signals!(batch, stepContext(2));
    const { of, prediction, target, mask } = signals.patches!;
    expect(Object.keys(signals)).toEqual(["patches"]);
    expect(of).toBe("pixels");
    expect(prediction.shape).toEqual([4, 16, 12]);
    expect([...sum(mask, 1).dataSync()]).toEqual([12, 12, 12, 12]);
    const error = sum(mul(square(sub(prediction, target)), expandDims(mask, 2))).dataSync()[0]! / (4 * 12 * 12);
    expect(error).toBeCloseTo(loss.dataSync()[0]!, 5);
    disposeSignals(signals);
    dispose([loss, ...batch.views.map(({ images }) => images)]);
    disposeMethod(method);
  });
});
