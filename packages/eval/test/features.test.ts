import type { Encoder, Float } from "@ssl-vit/core";
import type { HostBatch, Loader } from "@ssl-vit/data";
import { expectNoLeaks } from "@ssl-vit/testing";
import { concat, mul, type Rank, reshape, sum } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { extractFeatures, pixelFeatures } from "../src/index.js";

const source = { location: "photos#train", views: { groups: [], normalize: { mean: [0], std: [1] } }, classes: ["even", "odd"] };

/** Images of 2 × 2 grey pixels, [4n, 4n + 1, 4n + 2, 4n + 3] for image n, in batches of three. */
function loaderOf(count: number, views = 1): Loader {
  const batches = async function* (): AsyncGenerator<HostBatch> {
    for (let first = 0; first < count; first += 3) {
      await Promise.resolve();
      const size = Math.min(3, count - first);
      const data = Float32Array.from({ length: size * 4 }, (_, index) => first * 4 + index);
      yield {
        size,
        indices: Int32Array.from({ length: size }, (_, index) => first + index),
        labels: Int32Array.from({ length: size }, (_, index) => (first + index) % 2),
        views: Array.from({ length: views }, () => ({ name: "evaluation", shape: [size, 2, 2, 1], data })),
      };
    }
  };
  return { stepsPerEpoch: Math.ceil(count / 3), batchSize: 3, batches, skipped: new Map(), close: () => Promise.resolve() };
}

/** Its patch tokens are the pixels, its [CLS] token their sum, its register the sum again: width 1. */
function fakeEncoder(hasClsToken: boolean, scale = 1): Encoder {
  const encode = (images: Float<"B Y X C">): Float<"B N D"> => {
    const patches = mul<Float<"B N D">>(reshape<Rank.R3>(images, [-1, 4, 1]), scale);
    const total = sum<Float<"B N D">>(patches, 1, true);
    return hasClsToken ? concat([total, total, patches], 1) : concat([total, patches], 1);
  };
  const unused = (): never => {
    throw new Error("not used");
  };
  return {
    layout: {
      imageSize: [2, 2],
      patchSize: 1,
      channels: 1,
      gridSize: [2, 2],
      embedDim: 1,
      depth: 1,
      numHeads: 1,
      mlpRatio: 1,
      hasClsToken,
      registerTokens: 1,
    },
    config: {},
    parameters: {},
    buffers: {},
    embedPatches: unused,
    encodeTokens: unused,
    encode,
  };
}

describe("extractFeatures", () => {
  test("reads [CLS] where there is one, in the loader's order, with the last, smaller batch", async () => {
    const features = await extractFeatures(fakeEncoder(true), loaderOf(5), source);
    expect(features).toMatchObject({ ...source, count: 5, dim: 1, layer: "cls", imageSize: [2, 2] });
    expect(Array.from(features.values)).toEqual([6, 22, 38, 54, 70]);
    expect(Array.from(features.labels)).toEqual([0, 1, 0, 1, 0]);
    expect(Array.from(features.indices)).toEqual([0, 1, 2, 3, 4]);
  });

  test("reads the mean of the patch tokens, without [CLS] and registers, when asked or when there is no [CLS]", async () => {
    for (const [encoder, layer] of [[fakeEncoder(true), "mean"], [fakeEncoder(false), undefined]] as const) {
      const features = await extractFeatures(encoder, loaderOf(2), { ...source, ...(layer === undefined ? {} : { layer }) });
      expect(features.layer).toBe("mean");
      expect(Array.from(features.values)).toEqual([1.5, 5.5]);
    }
  });

  test("leaves no tensor behind", async () => {
    await expectNoLeaks(() => extractFeatures(fakeEncoder(true), loaderOf(5), source));
  });

  test("names the image whose features are not finite", async () => {
    // Only the last image's sum, 70 · 1e37, is beyond float32.
    await expect(extractFeatures(fakeEncoder(true, 5e36), loaderOf(5), source)).rejects.toThrow(
      "[@ssl-vit/eval] features of photos#train: expected finite numbers, received Infinity for image 4.",
    );
  });

  test("refuses what it cannot read", async () => {
    await expect(extractFeatures(fakeEncoder(false), loaderOf(1), { ...source, layer: "cls" })).rejects.toThrow(
      'layer: expected "mean" for an encoder without a [CLS] token',
    );
    await expect(extractFeatures(fakeEncoder(true), loaderOf(1, 2), source)).rejects.toThrow("loader: expected one view of each image, received 2.");
    await expect(extractFeatures(fakeEncoder(true), loaderOf(0), source)).rejects.toThrow("photos#train: expected at least one image, received none.");
  });
});

test("pixelFeatures are the pixels, image by image", async () => {
  const features = await pixelFeatures(loaderOf(4), source);
  expect(features).toMatchObject({ count: 4, dim: 4, layer: "pixels" });
  expect(Array.from(features.values)).toEqual([...Array(16).keys()]);
});
