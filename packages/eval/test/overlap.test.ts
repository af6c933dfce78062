import type { HostView, ImageDataset } from "@ssl-vit/data";
import { describe, expect, it } from "vitest";
import { digestImages, digestNumbers, digestsOfNumbers } from "../src/digest-images.js";
import { datasetFeatures, overlapOf } from "../src/index.js";
import { featureSetOf } from "./feature-set-of.js";

const viewOf = (...images: readonly (readonly number[])[]): HostView => ({ name: "evaluation", shape: [images.length, 1, images[0]!.length, 1], data: Float32Array.from(images.flat()) });

describe("digestImages", () => {
  it("is the same for the same numbers alone, wherever they stand in a batch", () => {
    const [first, second, third] = digestImages([viewOf([1, 2], [1, 2.0000002], [1, 2])], 3) as [string, string, string];
    expect(first).toMatch(/^[0-9a-f]{16}$/);
    expect(third).toBe(first);
    expect(second).not.toBe(first);
    // sha256 of the little-endian float32 1, 2, by Python's hashlib.
    expect(first).toBe("b9c80b5adeca4507");
  });

  it("reads all views of an image", () => {
    const [first, second] = digestImages([viewOf([1], [1]), viewOf([2], [3])], 2);
    expect(second).not.toBe(first);
  });

  it("survives as whole numbers", () => {
    const digests = ["00000000ffffffff", "8000000000000001", "0123456789abcdef"];
    expect(digestsOfNumbers(digestNumbers(digests))).toEqual(digests);
  });
});

describe("overlapOf", () => {
  const withDigests = (digests: readonly string[], more: object = {}) => ({ ...featureSetOf(digests.map(() => [1]), digests.map(() => 0), { digests }), ...more });

  it("counts test images that are in the training set, and names two of them and what they are there", () => {
    const train = withDigests(["a", "b", "c", "b"], { keys: ["cat/1", "cat/2", "dog/1", "dog/2"] });
    const test = withDigests(["b", "x", "c", "b"], { keys: ["t1", "t2", "t3", "t4"] });
    expect(overlapOf(train, test)).toEqual({ count: 3, examples: [{ train: "cat/2", test: "t1" }, { train: "dog/1", test: "t3" }] });
    expect(overlapOf(train, withDigests(["x"]))).toEqual({ count: 0, examples: [] });
  });

  it("finds images of data sets by what they look like, and is not led astray by one that cannot be read", async () => {
    // Grey images of the given values; a negative one is broken, and a neighbour is read in its place.
    const shades = (location: string, values: readonly number[]): ImageDataset => ({
      location,
      kind: "memory",
      length: values.length,
      keyOf: (index) => `${location}-${index}`,
      labelOf: () => 0,
      read: (index) => (values[index]! < 0 ? Promise.reject(new Error("broken")) : Promise.resolve({ width: 2, height: 2, channels: 1, data: new Uint8Array(4).fill(values[index]!) })),
      descriptor: { kind: "memory" },
      close: () => Promise.resolve(),
    });
    const views = { groups: [{ name: "evaluation", count: 1, size: 2, operations: [] }], normalize: { mean: [0], std: [1] } };
    const features = (location: string, values: readonly number[]) => datasetFeatures(undefined, shades(location, values), { views, channels: 1 });
    const train = await features("train", [1, -1, 3, 4]);
    expect(train.digests?.length).toBe(3);
    // Numbers beyond float32 are told by the image's key.
    const beyond = { ...views, normalize: { mean: [0], std: [1e-44] } };
    await expect(datasetFeatures(undefined, shades("far", [0, 3]), { views: beyond, channels: 1 })).rejects.toThrow("features of far: expected finite numbers, received Infinity for image far-1.");
    expect(overlapOf(train, await features("test", [9, 4, 3, 8]))).toEqual({ count: 2, examples: [{ train: "train-3", test: "test-1" }, { train: "train-2", test: "test-2" }] });
  });

  it("uses the numbers of images without keys, and knows nothing without digests", () => {
    expect(overlapOf(withDigests(["a"], { indices: Int32Array.of(7) }), withDigests(["a"]))).toEqual({ count: 1, examples: [{ train: "7", test: "0" }] });
    expect(overlapOf(featureSetOf([[1]], [0]), withDigests(["a"]))).toBeUndefined();
  });
});
