// How soon, and with how much memory, a folder is opened: node --expose-gc open-million.js JSON. In a process of its own, so that its memory is only what that takes.
import { evaluationViews } from "@ssl-vit/augment";
import { createLoader, openDataset } from "@ssl-vit/data";

const MEGABYTE = 1e6;

/** @param {{ location: string, workers: number }} spec */
async function measure({ location, workers }) {
  const collect = globalThis.gc ?? (() => undefined);
  collect();
  const before = process.memoryUsage().rss;
  const started = performance.now();
  const dataset = await openDataset(location);
  const opened = performance.now();
  const peak = process.resourceUsage().maxRSS * 1024;
  collect();
  const index = process.memoryUsage().rss;
  const collected = performance.now();
  const loader = createLoader(dataset, { views: evaluationViews({ imageSize: 32 }), batchSize: 64, seed: 0, workers });
  for await (const batch of loader.batches(0)) if (batch.size > 0) break;
  const ended = performance.now();
  await loader.close();
  return {
    images: dataset.length,
    classes: dataset.classes?.length ?? 0,
    open_s: (opened - started) / 1000,
    first_batch_s: (ended - collected + opened - started) / 1000,
    index_mb: (index - before) / MEGABYTE,
    peak_mb: (peak - before) / MEGABYTE,
  };
}

process.stdout.write(`${JSON.stringify(await measure(JSON.parse(process.argv[2] ?? "")))}\n`);
