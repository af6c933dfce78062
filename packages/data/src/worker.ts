/** What a worker thread of the loader runs. Everything else is loaded by the first task, so that what fails there fails the task. */
import { Tinypool, type Transferable } from "tinypool";
import type { DatasetDescriptor } from "./described-dataset.js";
import type { BatchPlan, BatchTask, RenderedBatch } from "./render-batch.js";

/** What a thread is started with. */
export interface WorkerStart {
  readonly descriptor: DatasetDescriptor;
  readonly plan: BatchPlan;
}

async function start(): Promise<(task: BatchTask) => Promise<RenderedBatch>> {
  const { describedDataset } = await import("./described-dataset.js");
  const { batchRenderer } = await import("./render-batch.js");
  const { descriptor, plan } = Tinypool.workerData as WorkerStart;
  return batchRenderer(describedDataset(descriptor), plan);
}

let started: ReturnType<typeof start> | undefined;

/** Makes a batch and hands its memory over instead of copying it. */
export default async function renderAndTransfer(task: BatchTask): Promise<unknown> {
  started ??= start();
  const rendered = await (await started)(task);
  const { batch } = rendered;
  const arrays = batch === undefined ? [] : [batch.indices, batch.labels, ...batch.views.map(({ data }) => data)];
  const message = { [Tinypool.transferableSymbol]: arrays.map(({ buffer }) => buffer), [Tinypool.valueSymbol]: rendered };
  return Tinypool.move(message as unknown as Transferable);
}
