import { tensor4d } from "@tensorflow/tfjs-core";
import { afterAll, describe, expect, it } from "vitest";
import { ConfigError, createRandom, singleProcess, type StepContext, type ViewBatch, viewPair } from "../src/index.js";

const images = [0, 1, 2].map((value) => tensor4d([value, value], [2, 1, 1, 1]));
const batchOf = (names: readonly string[], size = 2): ViewBatch => ({
  size,
  views: names.map((name, index) => ({ name, images: images[index]! })),
  indices: new Int32Array(size),
});
const context = (size = 1): StepContext => ({
  training: true,
  random: createRandom(0),
  collective: { ...singleProcess, size },
  progress: { step: 0, totalSteps: 1, epoch: 0, totalEpochs: 1 },
});

describe("viewPair", () => {
  afterAll(() => {
    for (const image of images) image.dispose();
  });

  it("gives the two views in the policy's order", () => {
    expect(viewPair("simclr", batchOf(["global", "global"]), context())).toEqual([images[0], images[1]]);
  });

  it.each([
    [["global"], "1 global"],
    [["global", "local"], "1 global and 1 local"],
    [["global", "global", "local"], "2 global and 1 local"],
  ])("refuses the views %j", (names, received) => {
    const call = (): unknown => viewPair("simclr", batchOf(names), context());
    expect(call).toThrow(`[@ssl-vit/simclr] views of an image: expected 2 global, received ${received}.`);
    expect(call).toThrow(ConfigError);
  });

  it("refuses one image, unless other processes have more", () => {
    const batch = batchOf(["global", "global"], 1);
    expect(() => viewPair("byol", batch, context())).toThrow("[@ssl-vit/byol] batchSize: expected at least 2 images, received 1.");
    expect(viewPair("byol", batch, context(2))).toHaveLength(2);
  });
});
