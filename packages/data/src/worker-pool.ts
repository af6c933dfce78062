import { createRequire } from "node:module";
import { ConfigError, problemMessage } from "@ssl-vit/core";
import { Tinypool } from "tinypool";
import { isDatasetDescriptor } from "./described-dataset.js";
import type { ImageDataset } from "./image-dataset.js";
import type { BatchPlan, BatchTask, RenderedBatch } from "./render-batch.js";
import type { WorkerStart } from "./worker.js";

/** Threads that make batches of one data set. */
export interface WorkerPool {
  run(task: BatchTask): Promise<RenderedBatch>;
  close(): Promise<void>;
}

/** The built file that a thread runs: threads take plain JavaScript, also where this file was started from TypeScript. */
function workerFile(): string {
  try {
    return createRequire(import.meta.url).resolve("@ssl-vit/data/worker");
  } catch (error) {
    const problem = { package: "data", what: "dist/worker.js", expected: "the built worker file", received: "none", fix: "Build @ssl-vit/data, or use workers: 0." };
    throw new Error(problemMessage(problem), { cause: error });
  }
}

/**
 * Starts worker threads, which open the data set from its descriptor.
 *
 * @throws ConfigError for a data set that is not one of this package's: threads cannot open it
 */
export function workerPool(dataset: ImageDataset, plan: BatchPlan, workers: number): WorkerPool {
  const { descriptor } = dataset;
  if (!isDatasetDescriptor(descriptor)) {
    throw new ConfigError({
      package: "data",
      what: "workers",
      expected: `0 for a data set of kind "${descriptor.kind}", which worker threads cannot open`,
      received: String(workers),
    });
  }
  const start: WorkerStart = { descriptor, plan };
  // The program's flags (a TypeScript loader's, --input-type) are not for a file of plain JavaScript.
  const pool = new Tinypool({ filename: workerFile(), minThreads: workers, maxThreads: workers, workerData: start, execArgv: [] });
  // Tinypool rejects the task of a thread that dies, but leaves those in its queue waiting when no thread can be started.
  const waiting = new Set<(error: Error) => void>();
  pool.on("error", (error: Error) => {
    for (const reject of waiting) reject(error);
  });
  return {
    run: (task) =>
      new Promise((resolve, reject) => {
        waiting.add(reject);
        void (pool.run(task) as Promise<RenderedBatch>).then(resolve, reject).finally(() => waiting.delete(reject));
      }),
    close: () => pool.destroy(),
  };
}
