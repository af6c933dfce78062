import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createLoader, type LoaderOptions, openDataset } from "../src/index.js";
import { collect, fingerprints, views } from "./collect-batches.js";
import { idxFile } from "./idx-file.js";
import { jpeg, picture, png } from "./pictures.js";
import { temporaryFolder, writeFiles } from "./temporary-folder.js";

const folder = temporaryFolder();
const COUNT = 30;
const good = await Promise.all(Array.from({ length: COUNT }, (_, index) => png(picture(index))));
const truncated = (await jpeg(picture(1, 300, 300))).subarray(0, 6000);
const broken: Readonly<Record<number, Uint8Array | string>> = { 7: truncated, 8: "", 29: "this is a text" };

const fileName = (index: number): string => `${String(index).padStart(2, "0")}.jpg`;
const writeSet = (name: string, damaged: Readonly<Record<number, Uint8Array | string>>): string => {
  writeFiles(join(folder, name), Object.fromEntries(good.map((file, index) => [fileName(index), damaged[index] ?? file])));
  return join(folder, name);
};
const dataset = await openDataset(writeSet("damaged", broken));
const options: LoaderOptions = { views, batchSize: 10, seed: 5 };

describe("images that cannot be read", () => {
  it("are replaced by the next one, with the draws of their own place", async () => {
    const [batch] = await collect(createLoader(dataset, { ...options, shuffle: false }).batches(0));
    expect([...batch!.indices]).toEqual([0, 1, 2, 3, 4, 5, 6, 9, 9, 9]);
    const length = 16 * 16 * 3;
    const views9 = [7, 8, 9].map((place) => batch!.views[0]!.data.slice(place * length, (place + 1) * length));
    expect(views9[0]).not.toEqual(views9[1]);
    expect(views9[1]).not.toEqual(views9[2]);
    const last = (await collect(createLoader(dataset, { ...options, shuffle: false }).batches(0)))[2]!;
    expect(last.indices.at(-1)).toBe(0);
  });

  it("are told of once each, the same way by any number of threads", async () => {
    const results = [];
    for (const workers of [0, 1, 3]) {
      const told: string[] = [];
      const loader = createLoader(dataset, { ...options, workers, onSkip: (key, reason) => told.push(`${key}: ${reason}`) });
      const prints = [await fingerprints(loader.batches(0)), await fingerprints(loader.batches(1))];
      results.push({ prints, told, skipped: [...loader.skipped] });
      await loader.close();
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
    expect(results[0]!.skipped.sort()).toEqual([
      ["07.jpg", "the file is damaged or cut off"],
      ["08.jpg", "the file is empty"],
      ["29.jpg", "Input buffer contains unsupported image format"],
    ]);
  });

  it.each([0, 2])("stop the run when there are too many (%i threads)", async (workers) => {
    const many = await openDataset(writeSet("many", Object.fromEntries([2, 3, 5, 7, 11, 13].map((index) => [index, "text"]))));
    const loader = createLoader(many, { ...options, shuffle: false, workers });
    const batches = collect(loader.batches(0));
    await expect(batches).rejects.toThrow(/many: expected at most 5 of 30 images that cannot be read, received more, among them 02\.jpg \(.*unsupported image format\), 03\.jpg/);
    await loader.close();
  });

  it.each([0, 1])("stop the run when all are (%i threads)", async (workers) => {
    const none = await openDataset(writeSet("none", Object.fromEntries(good.map((_, index) => [index, "text"]))));
    const loader = createLoader(none, { ...options, workers });
    await expect(collect(loader.batches(0))).rejects.toThrow(/at most 5 of 30 images/);
    await loader.close();
  });

  it.each([0, 2])("are replaced inside the subset (%i threads)", async (workers) => {
    // 7 and 8 are broken, and so is the last of all.
    const subset = Int32Array.of(29, 3, 8, 7, 20, 5, 12, 14, 16, 18);
    const loader = createLoader(dataset, { ...options, workers, shuffle: false, subset });
    expect([...(await collect(loader.batches(0)))[0]!.indices]).toEqual([3, 3, 12, 12, 20, 5, 12, 14, 16, 18]);
    await loader.close();
  });

  it("of a subset that names them more than once end the loop", async () => {
    const loader = createLoader(dataset, { ...options, batchSize: 4, subset: Int32Array.of(7, 7, 8, 8) });
    await expect(collect(loader.batches(0))).rejects.toThrow(/expected at most 1 of 2 images that cannot be read/);
  });

  it("of other channels end the loop with the option that takes them", async () => {
    const pixels = new Uint8Array(6 * 4 * 4 * 5);
    writeFiles(join(folder, "five"), { "a-images-idx4-ubyte": idxFile([6, 4, 4, 5], pixels) });
    const loader = createLoader(await openDataset(join(folder, "five")), { ...options, batchSize: 4 });
    await expect(collect(loader.batches(0))).rejects.toThrow(/\(it has 5 channels, expected 3\).*\. Train on them as they are: --set model\.channels=5 \(the loader's option `channels`\)\.$/);
  });

  it("may be half of a handful", async () => {
    writeFiles(join(folder, "four"), { "a.png": good[0]!, "b.png": "x", "c.png": "x", "d.png": good[1]! });
    const loader = createLoader(await openDataset(join(folder, "four")), { ...options, batchSize: 4, shuffle: false });
    expect([...(await collect(loader.batches(0)))[0]!.indices]).toEqual([0, 3, 3, 3]);
    writeFiles(join(folder, "four"), { "a.png": "x" });
    const worse = createLoader(await openDataset(join(folder, "four")), { ...options, batchSize: 4 });
    await expect(collect(worse.batches(0))).rejects.toThrow(/at most 2 of 4 images that cannot be read/);
  });
});
