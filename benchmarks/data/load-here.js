// Throughput of the loader: node load-here.js JSON, with what peer_loader.py takes and prints.
import { createLoader, disposeViewBatch, openDataset, toViewBatch } from "@ssl-vit/data";
import { prepareEngine } from "@ssl-vit/engine";

/** @typedef {{ images: string, policy: import("@ssl-vit/core").ViewPolicy, batchSize: number, workers: number, warmup: number, batches: number }} Spec */

/** Processor time of the process with its threads, in ms. */
const processorMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/**
 * Batches without end.
 *
 * @param {import("@ssl-vit/data").Loader} loader
 */
async function* batchesOf(loader) {
  for (let epoch = 0; ; epoch++) yield* loader.batches(epoch);
}

/** @param {Spec} spec */
async function run({ images, policy: views, batchSize, workers, warmup, batches: count }) {
  const dataset = await openDataset(images);
  const loader = createLoader(dataset, { views, batchSize, seed: 0, workers });
  /** @type {(readonly number[])[]} */
  let shapes = [];
  let [batches, started, processor] = [0, 0, 0];
  for await (const batch of batchesOf(loader)) {
    const tensors = toViewBatch(batch);
    shapes = tensors.views.map((view) => view.images.shape);
    disposeViewBatch(tensors);
    batches++;
    if (batches === warmup) [started, processor] = [performance.now(), processorMs()];
    if (batches === warmup + count) break;
  }
  const seconds = (performance.now() - started) / 1000;
  const processorTime = (processorMs() - processor) / count / batchSize;
  await loader.close();
  await dataset.close();
  return { images_per_second: (count * batchSize) / seconds, processor_ms: processorTime, shapes };
}

await prepareEngine({ engine: "auto" });
process.stdout.write(`${JSON.stringify(await run(JSON.parse(process.argv[2] ?? "")))}\n`);
