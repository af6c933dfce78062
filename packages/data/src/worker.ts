/** What a worker thread of the loader runs. Everything else is loaded by the first task, so that what fails there fails the task. */
import { parentPort, workerData } from "node:worker_threads";
import type { DatasetDescriptor } from "./described-dataset.js";
import type { BatchPlan, BatchTask, RenderedBatch } from "./render-batch.js";

/** What a thread is started with. */
export interface WorkerStart {
  readonly descriptor: DatasetDescriptor;
  readonly plan: BatchPlan;
  /** The number of the task that is worked on, or 0: shared memory, so that it can be read when the thread is no more. */
  readonly current: Int32Array;
}

/** A task for a thread; it works on one after the other. */
export interface NumberedTask {
  readonly number: number;
  readonly task: BatchTask;
}

/** What a thread answers. */
export type NumberedResult = { readonly number: number } & ({ readonly rendered: RenderedBatch } | { readonly error: { readonly message: string; readonly stack: string } });

async function start({ descriptor, plan }: WorkerStart): Promise<(task: BatchTask) => Promise<RenderedBatch>> {
  const { describedDataset } = await import("./described-dataset.js");
  const { batchRenderer } = await import("./render-batch.js");
  return batchRenderer(describedDataset(descriptor), plan);
}

const started = workerData as WorkerStart;
let renderer: ReturnType<typeof start> | undefined;
let last = Promise.resolve();

/** Makes a batch and hands its memory over instead of copying it. */
async function renderAndTransfer({ number, task }: NumberedTask): Promise<void> {
  Atomics.store(started.current, 0, number);
  try {
    renderer ??= start(started);
    const rendered = await (await renderer)(task);
    const { batch } = rendered;
    const arrays = batch === undefined ? [] : [batch.indices, batch.labels, ...batch.views.map(({ data }) => data)];
    parentPort!.postMessage({ number, rendered } satisfies NumberedResult, arrays.map(({ buffer }) => buffer as ArrayBuffer));
  } catch (error) {
    const { message, stack = message } = error instanceof Error ? error : new Error(String(error));
    parentPort!.postMessage({ number, error: { message, stack } } satisfies NumberedResult);
  }
  Atomics.store(started.current, 0, 0);
}

parentPort!.on("message", (task: NumberedTask) => {
  last = last.then(() => renderAndTransfer(task));
});
