import { join } from "node:path";
import type { ViewPolicy } from "@ssl-vit/core";
import { createRandom } from "@ssl-vit/core";
import { tiffFile } from "@ssl-vit/testing";
import { describe, expect, it } from "vitest";
import { createLoader, type LoaderOptions, openDataset } from "../src/index.js";
import { collect, fingerprints, views as colorViews } from "./collect-batches.js";
import { picture, png } from "./pictures.js";
import { temporaryFolder, writeFiles } from "./temporary-folder.js";

const folder = temporaryFolder();
const COUNT = 12;

/** A 16-bit image whose channel c has values from c / 5 on, a tenth wide. */
function bands(number: number, channels = 5): Uint8Array {
  const noise = createRandom(number).uniforms(20 * 16 * channels);
  return tiffFile({ width: 20, height: 16, channels, data: Uint16Array.from(noise, (value, index) => 65_535 * ((index % channels) / 5 + value / 10)) });
}

const write = async (name: string, files: Readonly<Record<string, Uint8Array>>) => {
  writeFiles(join(folder, name), files);
  return openDataset(join(folder, name));
};
const numbered = (file: (index: number) => Uint8Array): Record<string, Uint8Array> =>
  Object.fromEntries(Array.from({ length: COUNT }, (_, index) => [`${String(index).padStart(2, "0")}.tif`, file(index)]));

const views: ViewPolicy = { ...colorViews, normalize: { mean: [0.05, 0.25, 0.45, 0.65, 0.85], std: [0.1, 0.1, 0.1, 0.1, 0.1] } };
const options: LoaderOptions = { views, batchSize: 4, seed: 3, channels: 5 };

describe("five channels of 16 bits", () => {
  it("come as views of five channels, normalised each by its own numbers", async () => {
    const plain: ViewPolicy = { groups: [{ name: "whole", count: 1, size: 16, operations: [{ kind: "resize" }] }], normalize: views.normalize };
    const dataset = await write("five", numbered(bands));
    const [batch] = await collect(createLoader(dataset, { ...options, views: plain }).batches(0));
    expect(batch!.views[0]!.shape).toEqual([4, 16, 16, 5]);
    const { data } = batch!.views[0]!;
    for (let channel = 0; channel < 5; channel++) {
      const values = data.filter((_, index) => index % 5 === channel);
      // Uniform over a tenth around the mean, over a deviation of a tenth; 1,024 values.
      expect(Math.abs(values.reduce((sum, value) => sum + value, 0) / values.length)).toBeLessThan(0.06);
      expect(values.every((value) => Math.abs(value) < 0.7)).toBe(true);
    }
    // More values than bytes have: 26 in a tenth.
    expect(new Set(data.filter((_, index) => index % 5 === 2)).size).toBeGreaterThan(500);
  });

  it("are the same bytes in any number of threads", async () => {
    const dataset = await write("threads", numbered(bands));
    const alone = await fingerprints(createLoader(dataset, options).batches(1));
    for (const workers of [1, 2]) {
      const loader = createLoader(dataset, { ...options, workers });
      expect(await fingerprints(loader.batches(1))).toEqual(alone);
      await loader.close();
    }
  });
});

describe("numbers of channels that do not match", () => {
  it("are broken images, told with both numbers", async () => {
    const dataset = await write("mixed", { ...numbered(bands), "03.tif": bands(3, 4), "07.tif": await png(picture(7)) });
    const loader = createLoader(dataset, { ...options, shuffle: false });
    const [first] = await collect(loader.batches(0));
    expect([...first!.indices]).toEqual([0, 1, 2, 4]);
    expect([...loader.skipped]).toEqual([
      ["03.tif", "it has 4 channels, expected 5"],
      ["07.tif", "it has 3 channels, expected 5"],
    ]);
  });

  it.each([0, 1])("end the loop when they are all (%i threads)", async (workers) => {
    const dataset = await write("all", numbered(bands));
    const loader = createLoader(dataset, { ...options, channels: 3, views: colorViews, workers });
    await expect(collect(loader.batches(0))).rejects.toThrow(/at most 5 of 12 images that cannot be read, received more, among them \d\d\.tif \(it has 5 channels, expected 3\)/);
    await loader.close();
  });

  it("are none between grey and color", async () => {
    const dataset = await write("gray and color", numbered((index) => bands(index, index % 2 === 0 ? 1 : 3)));
    for (const channels of [1, 3]) {
      const loader = createLoader(dataset, { ...options, channels, views: colorViews });
      expect((await collect(loader.batches(0)))[0]!.views[0]!.shape).toEqual([4, 16, 16, channels]);
      expect(loader.skipped.size).toBe(0);
    }
  });
});
