import type { ViewPolicy } from "@ssl-vit/core";
import type { ImageDataset } from "@ssl-vit/data";
import { describe, expect, test } from "vitest";
import { imageStatistics } from "../src/index.js";

const views: ViewPolicy = { groups: [{ name: "evaluation", count: 1, size: 4, operations: [{ kind: "centerCrop", cropRatio: 1 }] }], normalize: { mean: [0.5], std: [0.25] } };

/** Grey images of 4 px, half dark and half bright; image n as `valueOf(n)` says, undefined for one that cannot be read. */
function greys(length: number, valueOf: (index: number) => readonly [dark: number, bright: number] | undefined): ImageDataset & { readonly read: ImageDataset["read"]; readonly asked: Set<number> } {
  const asked = new Set<number>();
  return {
    asked,
    length,
    kind: "test",
    location: "greys",
    keyOf: (index: number) => `image ${index}`,
    labelOf: () => -1,
    read: (index: number) => {
      asked.add(index);
      const values = valueOf(index);
      if (values === undefined) return Promise.reject(new Error("broken"));
      return Promise.resolve({ width: 4, height: 4, channels: 3, data: Uint8Array.from({ length: 48 }, (_, place) => values[place < 24 ? 0 : 1]) });
    },
    close: () => Promise.resolve(),
  } as unknown as ImageDataset & { readonly asked: Set<number> };
}

describe("imageStatistics", () => {
  test("are of normalised pixels: (value ÷ 255 − mean) ÷ std", async () => {
    const { imageMean, imageDeviation } = await imageStatistics(greys(3, () => [51, 204]), { views });
    // 0.2 and 0.8 become −1.2 and 1.2.
    expect(imageMean).toBeCloseTo(0, 5);
    expect(imageDeviation).toBeCloseTo(1.2, 5);
    const shifted = await imageStatistics(greys(3, () => [153, 153]), { views });
    expect(shifted.imageMean).toBeCloseTo(0.4, 5);
    expect(shifted.imageDeviation).toBeCloseTo(0, 3);
  });

  test("are of images at even distances, over several batches, the same each time", async () => {
    const data = greys(1000, (index) => [index % 256, (7 * index) % 256]);
    const first = await imageStatistics(data, { views, images: 40 });
    expect([...data.asked].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, place) => 25 * place));
    expect(await imageStatistics(data, { views, images: 40 })).toEqual(first);
    const values = Array.from({ length: 40 }, (_, place) => 25 * place).flatMap((index) => [index % 256, (7 * index) % 256]).map((value) => (value / 255 - 0.5) / 0.25);
    const mean = values.reduce((a, b) => a + b) / values.length;
    expect(first.imageMean).toBeCloseTo(mean, 4);
    expect(first.imageDeviation).toBeCloseTo(Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length), 4);
  });

  test("name an image that cannot be read, and refuse several views", async () => {
    const skipped: string[] = [];
    await imageStatistics(greys(20, (index) => (index === 3 ? undefined : [51, 204])), { views, onSkip: (key) => skipped.push(key) });
    expect(skipped).toEqual(["image 3"]);
    const two = { ...views, groups: [{ ...views.groups[0]!, count: 2 }] };
    await expect(imageStatistics(greys(3, () => [0, 255]), { views: two })).rejects.toThrow("loader: expected one view of each image, received 2.");
  });
});
