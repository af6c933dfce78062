// Throughput of the loader: node load-here.js JSON, with what peer_loader.py takes and gives.
import { createLoader, disposeViewBatch, openDataset, toViewBatch } from "@ssl-vit/data";
import { prepareEngine } from "@ssl-vit/engine";

/**
 * @typedef {{ images: string, policy: import("@ssl-vit/core").ViewPolicy, batchSize: number, workers: number, warmup: number, batches: number }} Spec
 */

/** @param {import("@ssl-vit/data").Loader} loader */
async function* batchesOf(loader) {
  for (let epoch = 0; ; epoch++) yield* loader.batches(epoch);
}

/** @param {Spec} spec */
async function run({ images, policy: views, batchSize, workers, warmup, batches: count }) {
  const dataset = await openDataset(images);
  const loader = createLoader(dataset, { views, batchSize, seed: 0, workers });
  const batches = batchesOf(loader);
  for (let batch = 0; batch < warmup; batch++) await batches.next();
  const marks = [performance.now() / 1000];
  /** @type {(readonly number[])[]} */
  let shapes = [];
  const before = process.cpuUsage();
  for (let batch = 0; batch < count; batch++) {
    const { value } = await batches.next();
    if (value === undefined) throw new Error("expected a batch, received none");
    const tensors = toViewBatch(value);
    marks.push(performance.now() / 1000);
    shapes = tensors.views.map(({ images: { shape } }) => shape);
    disposeViewBatch(tensors);
  }
  const { user, system } = process.cpuUsage(before);
  await batches.return(undefined);
  await loader.close();
  await dataset.close();
  return { shapes, marks, cpu_ms: (user + system) / 1000 / count / batchSize, versions: { node: process.versions.node } };
}

await prepareEngine({ engine: "auto" });
process.stdout.write(`${JSON.stringify(await run(JSON.parse(process.argv[2] ?? "")))}\n`);
