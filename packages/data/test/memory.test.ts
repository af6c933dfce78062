import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { createLoader, openDataset } from "../src/index.js";
import { views } from "./collect-batches.js";
import { jpeg, picture, png } from "./pictures.js";
import { temporaryFolder, writeFiles } from "./temporary-folder.js";

const folder = temporaryFolder();
const COUNT = 12;
const files = await Promise.all(Array.from({ length: COUNT }, (_, index) => (index % 2 === 0 ? jpeg(picture(index)) : png(picture(index)))));
writeFiles(join(folder, "small"), Object.fromEntries(files.map((file, index) => [`${index}.png`, file])));
const dataset = await openDataset(join(folder, "small"));

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

async function collect(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    collectGarbage();
    await setTimeout(10);
  }
}

// Memory that a thread handed over is not counted here, hence the second test; `bench data --epochs` shows the memory of the process.
it("takes no more memory for 50 epochs than for 5", async () => {
  const loader = createLoader(dataset, { views, batchSize: 4, seed: 0 });
  let [batchLength, before] = [0, 0];
  for (let epoch = 0; epoch < 50; epoch++) {
    for await (const batch of loader.batches(epoch)) batchLength = batch.views.reduce((sum, { data }) => sum + data.byteLength, 0);
    if (epoch === 4) {
      await collect();
      before = process.memoryUsage().arrayBuffers;
    }
  }
  await collect();
  // The 45 epochs made 135 batches.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 * batchLength);
});

it.each([0, 2])("keeps no batch (%i threads)", async (workers) => {
  const loader = createLoader(dataset, { views, batchSize: 4, seed: 0, workers });
  const batches: WeakRef<Float32Array>[] = [];
  for (let epoch = 0; epoch < 50; epoch++) for await (const batch of loader.batches(epoch)) batches.push(new WeakRef(batch.views[0]!.data));
  await collect();
  expect(batches.length).toBe(150);
  expect(batches.filter((batch) => batch.deref() !== undefined).length).toBeLessThan(3);
  await loader.close();
});
