import { disposeMethod, type Float, type ViewBatch } from "@ssl-vit/core";
import { randomBatch, stepContext } from "@ssl-vit/testing";
import { vit } from "@ssl-vit/vit";
import { type Rank, dispose, slice } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { dino } from "../src/index.js";

const encoders = vit({ imageSize: 8, patchSize: 4, embedDim: 12, depth: 2, numHeads: 2 });
const create = () => dino(encoders, { prototypes: 16, hiddenDim: 16, bottleneckDim: 8, localViews: 1, localSizeRatio: 0.5 });

test("a step of several batches moves the center once, to where the one large batch does", () => {
  const [parted, whole] = [create(), create()];
  const batch = randomBatch(whole, 6);
  const parts = [0, 2, 4].map((first): ViewBatch => {
    const views = batch.views.map(({ name, images }) => ({ name, images: slice<Rank.R4, Float<"B Y X C">>(images, [first, 0, 0, 0], [2, -1, -1, -1]) }));
    return { size: 2, views, indices: batch.indices.slice(first, first + 2) };
  });
  const lossesOf = (method: typeof whole, batches: readonly ViewBatch[]): number[] =>
    batches.map((one) => {
      const { loss, metrics } = method.loss(one, stepContext(20));
      const value = loss.dataSync()[0]!;
      dispose([loss, ...Object.values(metrics)]);
      return value;
    });

  // The second step reads the center that the first one left.
  for (let step = 0; step < 2; step++) {
    const [expected] = lossesOf(whole, [batch]);
    const received = lossesOf(parted, parts);
    expect(received.reduce((sum, loss) => sum + loss / 3, 0)).toBeAllClose(expected!, { relative: 1e-6 });
    for (const method of [parted, whole]) method.afterStep!(stepContext(20));
    expect(parted.buffers["center"]).toBeAllClose(whole.buffers["center"]!, { absolute: 1e-6 });
    expect(Math.max(...whole.buffers["center"]!.dataSync())).toBeGreaterThan(1e-3);
  }
  dispose([batch, ...parts].flatMap(({ views }) => views.map(({ images }) => images)));
  for (const method of [parted, whole]) disposeMethod(method);
});
