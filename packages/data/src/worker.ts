/** What a worker thread of the loader runs. Everything else is loaded by the first task, so that what fails there fails the task. */
import { workerData } from "node:worker_threads";
import { move, transferableSymbol, valueSymbol } from "piscina";
import type { DatasetDescriptor } from "./described-dataset.js";
import type { BatchPlan, BatchTask, RenderedBatch } from "./render-batch.js";

/** What a thread is started with. */
export interface WorkerStart {
  readonly descriptor: DatasetDescriptor;
  readonly plan: BatchPlan;
}

/** What comes of a task. A task does not throw: it fails where its thread dies, and only there. */
export type WorkerResult = { readonly rendered: RenderedBatch } | { readonly error: { readonly message: string; readonly stack: string } };

async function start(): Promise<(task: BatchTask) => Promise<RenderedBatch>> {
  const { describedDataset } = await import("./described-dataset.js");
  const { batchRenderer } = await import("./render-batch.js");
  const { descriptor, plan } = workerData as WorkerStart;
  return batchRenderer(describedDataset(descriptor), plan);
}

let started: ReturnType<typeof start> | undefined;

/** Makes a batch: a `WorkerResult` whose memory is handed over instead of copied. */
export default async function renderAndTransfer(task: BatchTask): Promise<unknown> {
  try {
    started ??= start();
    const rendered = await (await started)(task);
    const { batch } = rendered;
    const arrays = batch === undefined ? [] : [batch.indices, batch.labels, ...batch.views.map(({ data }) => data)];
    return move({ [transferableSymbol]: arrays.map(({ buffer }) => buffer), [valueSymbol]: { rendered } satisfies WorkerResult });
  } catch (error) {
    const { message, stack = message } = error instanceof Error ? error : new Error(String(error));
    return { error: { message, stack } } satisfies WorkerResult;
  }
}
