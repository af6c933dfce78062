// Memory after many epochs: node --expose-gc go-over-epochs.js JSON. In a process of its own; numbers are after a forced collection of garbage.
import { setTimeout } from "node:timers/promises";
import { dinoViews } from "@ssl-vit/augment";
import { createLoader, openDataset } from "@ssl-vit/data";

const BATCH_SIZE = 32;
const MEGABYTE = 1e6;
const views = dinoViews({ globalSize: 64, localSize: 32, localViews: 4, globalScale: [0.4, 1], localScale: [0.05, 0.4] });

/** Memory of the process when nothing is left to collect. */
async function memoryInUse() {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    await setTimeout(50);
  }
  const { rss, arrayBuffers, heapUsed } = process.memoryUsage();
  return { resident_mb: rss / MEGABYTE, array_buffers_mb: arrayBuffers / MEGABYTE, heap_mb: heapUsed / MEGABYTE };
}

/** @param {{ location: string, workers: number, epochs: readonly number[] }} spec `epochs`: after which memory is asked for, ascending */
async function measure({ location, workers, epochs }) {
  const dataset = await openDataset(location);
  const loader = createLoader(dataset, { views, batchSize: BATCH_SIZE, seed: 0, workers });
  const after = [];
  for (let epoch = 1; epoch <= Math.max(...epochs); epoch++) {
    let images = 0;
    for await (const { size } of loader.batches(epoch)) images += size;
    if (images !== loader.stepsPerEpoch * BATCH_SIZE) throw new Error(`[data] epoch ${epoch}: expected ${loader.stepsPerEpoch * BATCH_SIZE} images, received ${images}.`);
    if (epochs.includes(epoch)) after.push({ epoch, ...(await memoryInUse()) });
  }
  await loader.close();
  await dataset.close();
  return { after };
}

process.stdout.write(`${JSON.stringify(await measure(JSON.parse(process.argv[2] ?? "")))}\n`);
