// Times training steps that are fed by the loader, or by random inputs when no images are named: node loader-steps.js WORKLOAD PRECISION WARMUP STEPS [IMAGES WORKERS]
import { setImmediate } from "node:timers/promises";
import { createWorkload, median, workloadNames } from "@ssl-vit/bench";
import { createLoader, disposeViewBatch, openDataset, toViewBatch } from "@ssl-vit/data";
import { prepareEngine } from "@ssl-vit/engine";

const [name, precision, before, count, images, workers = "2"] = process.argv.slice(2);
const workloadName = workloadNames.find((known) => known === name);
if (workloadName === undefined) throw new Error(`expected one of ${workloadNames.join(", ")}, received ${name}`);
const [warmup, steps] = [Number(before), Number(count)];
const engine = await prepareEngine({ engine: "native", precision: precision === "bfloat16" ? "bfloat16" : "float32" });
const workload = createWorkload(workloadName);

/** Processor time of the whole process, in ms. */
const processorMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/**
 * Batches of real images without end.
 *
 * @param {import("@ssl-vit/data").Loader} loader
 */
async function* batchesOf(loader) {
  for (let epoch = 0; ; epoch++) yield* loader.batches(epoch);
}

/** @param {string} location */
async function openLoader(location) {
  const dataset = await openDataset(location);
  const { views, images: batchSize } = workload;
  if (views === undefined) throw new Error(`expected a workload with views, received ${name}`);
  return { dataset, loader: createLoader(dataset, { views, batchSize, seed: 0, workers: Number(workers) }) };
}

/**
 * Processor time of a batch when nothing else is computed.
 *
 * @param {import("@ssl-vit/data").Loader} loader
 */
async function processorTimeOf(loader) {
  let [batches, started] = [0, 0];
  for await (const batch of batchesOf(loader)) {
    disposeViewBatch(toViewBatch(batch));
    // The first ones load and compile what the threads run.
    if (batches === warmup) started = processorMs();
    if (batches === warmup + steps) break;
    batches++;
  }
  return (processorMs() - started) / steps;
}

async function run() {
  const times = [];
  const waits = [];
  const opened = images === undefined ? undefined : await openLoader(images);
  const batches = opened === undefined ? undefined : batchesOf(opened.loader);
  let processor = 0;
  for (let step = 0; step < warmup + steps; step++) {
    if (step === warmup) processor = processorMs();
    const started = performance.now();
    let waited = 0;
    if (batches === undefined) workload.step();
    else {
      const { value } = await batches.next();
      waited = performance.now() - started;
      const batch = toViewBatch(/** @type {import("@ssl-vit/data").HostBatch} */ (value));
      workload.step(batch);
      disposeViewBatch(batch);
    }
    // As the trainer does; messages of the loader's threads arrive here.
    await setImmediate();
    if (step < warmup) continue;
    times.push(performance.now() - started);
    waits.push(waited);
  }
  processor = (processorMs() - processor) / steps;
  await batches?.return(undefined);
  const loaderProcessor = opened === undefined ? 0 : await processorTimeOf(opened.loader);
  await opened?.loader.close();
  await opened?.dataset.close();
  return { ms: median(times), ms_min: Math.min(...times), ms_waited: median(waits), processor_ms: processor, loader_processor_ms: loaderProcessor };
}

process.stdout.write(`${JSON.stringify({ ...(await run()), engine: engine.name, precision: engine.precision, threads: engine.threads, instructions: engine.instructions })}\n`);
