import { createRandom, type Encoder, type Float, type ViewPolicy } from "@ssl-vit/core";
import { createLoader, type ImageDataset } from "@ssl-vit/data";
import { embeddingDeviation } from "@ssl-vit/losses";
import { expectNoLeaks } from "@ssl-vit/testing";
import { vit } from "@ssl-vit/vit";
import { concat, fill, type Rank, reshape, type Tensor, tensor2d, tensor4d, tidy } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { alignment, alphaReq, datasetFeatures, effectiveRank, imageFeatures, lidar, probeAugmentations, rankMe, representationQuality, uniformity } from "../src/index.js";
import { onProcesses } from "./on-processes.js";

/** Coloured noise, 12 × 12. */
const noise = (length: number): ImageDataset => ({
  location: "noise",
  kind: "memory",
  length,
  keyOf: String,
  labelOf: () => -1,
  read: (index) => Promise.resolve({ width: 12, height: 12, channels: 3, data: Uint8Array.from(createRandom(index).normals(432), (value) => 128 + 40 * value) }),
  descriptor: { kind: "memory" },
  close: () => Promise.resolve(),
});
const data = noise(20);
const views: ViewPolicy = { groups: [{ name: "evaluation", count: 1, size: 8, operations: [{ kind: "resize" }] }], normalize: { mean: [0.5], std: [0.25] } };
const encoder = vit({ imageSize: 8, patchSize: 4, embedDim: 12, depth: 4, numHeads: 2, mlpRatio: 2, seed: 3 })("teacher");
const small = { views, images: 15, viewsPerImage: 3, seed: 5, batchSize: 4 };
const numberOf = (compute: () => Tensor): number => tidy(compute).dataSync()[0]!;

/** Gives the same tokens for every image. */
const constant: Encoder = {
  ...encoder,
  encode: (images) => fill([images.shape[0], 5, 12], 0.3),
  encodeCls: (images) => fill([images.shape[0], 12], 0.3),
  encodeNormalizedBlocks: (patches, count) => Array.from({ length: count }, () => fill<Rank.R3>([patches.shape[0], 5, 12], 0.3)),
};

describe("representationQuality", () => {
  test("has the numbers of its parts, of the images as evaluation sees them and of their augmented views", async () => {
    const quality = await representationQuality(encoder, data, small);
    const features = await datasetFeatures(encoder, data, small);
    const clean: Float<"N D"> = tensor2d(features.values, [15, 12]);
    for (const [name, metric] of Object.entries({ rankMe, alphaReq, uniformity, embeddingDeviation })) {
      expect(quality[name as "rankMe"], name).toBeCloseTo(numberOf(() => metric(clean)), 6);
    }
    for (const [index, value] of quality.effectiveRankByBlock.entries()) {
      const { values } = await datasetFeatures(encoder, data, { ...small, block: index + 1 });
      expect(value).toBeCloseTo(numberOf(() => effectiveRank(tensor2d(values, [15, 12]))), 5);
    }

    const augmented = { ...views, groups: [views.groups[0]!, { name: "augmented", count: 3, size: 8, operations: probeAugmentations }] };
    const loader = createLoader(data, { views: augmented, subset: features.indices, batchSize: 15, seed: 5, workers: 0, shuffle: false, channels: 3 });
    for await (const batch of loader.batches(0)) {
      const [first, second, third] = batch.views.slice(1).map(({ data: pixels, shape }) => imageFeatures(encoder, tensor4d(pixels, [...shape])));
      expect(quality.alignment).toBeCloseTo(numberOf(() => alignment(first!, second!)), 6);
      expect(quality.alignment).toBeGreaterThan(0);
      expect(quality.lidar).toBeCloseTo(numberOf(() => lidar(reshape<Rank.R3>(concat([first!, second!, third!], 1), [15, 3, 12]))), 5);
    }
    await loader.close();
    expect(quality.protocol).toEqual({
      kind: "quality",
      layer: "cls",
      blockLayer: "cls",
      imageSize: [8, 8],
      views: augmented,
      data: "noise",
      images: 15,
      viewsPerImage: 3,
      seed: 5,
      alphaReq: { from: 4, to: 100 },
      lidar: { delta: 1e-4 },
    });
  });

  test("looks at the same images and views each time, at others by another seed, and at all where there are fewer than asked for", async () => {
    const first = await representationQuality(encoder, data, small);
    expect(await representationQuality(encoder, data, { ...small, batchSize: 15 })).toEqual(first);
    const other = await representationQuality(encoder, data, { ...small, seed: 6 });
    expect(other.lidar).not.toBe(first.lidar);
    expect((await representationQuality(encoder, data, { views, viewsPerImage: 2 })).protocol.images).toBe(20);
  });

  test("takes the layer and block that it is asked for", async () => {
    const quality = await representationQuality(encoder, data, { ...small, layer: "mean", block: 2 });
    expect(quality.protocol).toMatchObject({ layer: "mean", block: 2, blockLayer: "mean" });
    const { values } = await datasetFeatures(encoder, data, { ...small, layer: "mean", block: 2 });
    expect(quality.rankMe).toBeCloseTo(numberOf(() => rankMe(tensor2d(values, [15, 12]))), 6);
    expect((await representationQuality(encoder, data, { ...small, layer: "last4" })).protocol.layer).toBe("last4");
  });

  test("has a number for a collapsed representation, but for the exponent of a spectrum that is not there", async () => {
    const quality = await representationQuality(constant, data, small);
    expect(quality.rankMe).toBeCloseTo(1, 4);
    expect(quality.uniformity).toBeCloseTo(0, 5);
    expect(quality.embeddingDeviation).toBeCloseTo(0, 5);
    expect(quality).toMatchObject({ lidar: 0, alignment: 0, alphaReq: Number.NaN, effectiveRankByBlock: [0, 0, 0, 0] });
  });

  test("works with an encoder that does not give its blocks' outputs", async () => {
    const hiding = Object.fromEntries(Object.entries(encoder).filter(([name]) => name !== "encodeNormalizedBlocks")) as unknown as Encoder;
    expect(await representationQuality(hiding, data, small)).toEqual({ ...(await representationQuality(encoder, data, small)), effectiveRankByBlock: [] });
  });

  test("is the same when processes share the images out", async () => {
    const alone = await representationQuality(encoder, data, { ...small, batchSize: 4 });
    for (const shared of await onProcesses(3, (collective) => representationQuality(encoder, data, { ...small, batchSize: 4, collective }))) {
      expect(shared.protocol).toEqual(alone.protocol);
      for (const name of ["rankMe", "lidar", "alphaReq", "alignment", "uniformity"] as const) expect(shared[name]).toBeCloseTo(alone[name], 5);
    }
  });

  test("leaves no tensor behind", async () => {
    await expectNoLeaks(() => representationQuality(encoder, data, small));
  });

  test("refuses what has no numbers", async () => {
    await expect(representationQuality(encoder, data, { ...small, viewsPerImage: 1 })).rejects.toThrow("[@ssl-vit/eval] viewsPerImage: expected a whole number of at least 2, received 1.");
    await expect(representationQuality(encoder, noise(1), small)).rejects.toThrow("[@ssl-vit/eval] noise: expected at least two images that can be read, received 1.");
    const twoGroups = { ...views, groups: [...views.groups, ...views.groups] };
    await expect(representationQuality(encoder, data, { ...small, views: twoGroups })).rejects.toThrow("[@ssl-vit/eval] views: expected one view of each image, as of evaluationViews(), received 2 groups.");
  });
});
