import { createRequire } from "node:module";
import type { ResourceLimits } from "node:worker_threads";
import { ConfigError, problemMessage } from "@ssl-vit/core";
import { Piscina } from "piscina";
import { isDatasetDescriptor } from "./described-dataset.js";
import type { ImageDataset } from "./image-dataset.js";
import type { BatchPlan, BatchTask, RenderedBatch } from "./render-batch.js";
import type { WorkerResult, WorkerStart } from "./worker.js";

/** Threads that make batches of one data set. */
export interface WorkerPool {
  /** Rejects when the batch cannot be made, when a thread died for good, or when the pool is closed. */
  run(task: BatchTask): Promise<RenderedBatch>;
  close(): Promise<void>;
}

export interface WorkerPoolOptions {
  readonly workers: number;
  /** Told when a thread has died and another takes its place. */
  readonly onRestart?: ((reason: string) => void) | undefined;
  /** What a thread runs. Default: this package's. */
  readonly file?: string;
  readonly resourceLimits?: ResourceLimits;
}

/** Deaths of threads after which none is started again. */
const TOLERATED_DEATHS = 1;

/** Images that an error names. */
const NAMED = 3;

/** The built file that a thread runs: threads take plain JavaScript, also where this file was started from TypeScript. */
function workerFile(): string {
  try {
    return createRequire(import.meta.url).resolve("@ssl-vit/data/worker");
  } catch (error) {
    const problem = { package: "data", what: "dist/worker.js", expected: "the built worker file", received: "none", fix: "Build @ssl-vit/data, or use workers: 0." };
    throw new Error(problemMessage(problem), { cause: error });
  }
}

export const closedError = (): Error => new Error(problemMessage({ package: "data", what: "batches", expected: "an open loader", received: "a closed one" }));

function describeTask(dataset: ImageDataset, { epoch, indices }: BatchTask): string {
  const keys = Array.from(indices.subarray(0, NAMED), (index) => dataset.keyOf(index));
  return `the batch of epoch ${epoch} with ${keys.join(", ")}${indices.length > NAMED ? ` and ${indices.length - NAMED} more images` : ""}`;
}

/**
 * Starts worker threads, which open the data set from its descriptor. The first that dies is replaced, and its task given again: batches depend on
 * nothing else. When one dies after that, everything that waits fails with an error that names the images it worked on.
 *
 * @throws ConfigError for a data set that is not one of this package's: threads cannot open it
 */
export function workerPool(dataset: ImageDataset, plan: BatchPlan, options: WorkerPoolOptions): WorkerPool {
  const { workers, onRestart, file = workerFile(), resourceLimits } = options;
  const { descriptor } = dataset;
  if (!isDatasetDescriptor(descriptor)) {
    const expected = `0 for a data set of kind "${descriptor.kind}", which worker threads cannot open`;
    throw new ConfigError({ package: "data", what: "workers", expected, received: String(workers) });
  }
  const pool = new Piscina<BatchTask, WorkerResult>({
    filename: file,
    workerData: { descriptor, plan } satisfies WorkerStart,
    minThreads: workers,
    maxThreads: workers,
    idleTimeout: Infinity,
    execArgv: [], // the program's flags (a TypeScript loader's, --input-type) are not for a file of plain JavaScript
    stricterFIFO: true, // batches are waited for in their order
    atomics: "disabled", // between tasks a thread sleeps in its event loop, so that what libraries left to do is done
    ...(resourceLimits === undefined ? {} : { resourceLimits }),
  });
  let deaths = 0;
  let unexplained = 0;
  /** Why nothing can be run any more, and the end of the threads. */
  let end: Error | undefined;
  let ended: Promise<void> | undefined;

  function endWith(error: Error): Promise<void> {
    end ??= error;
    // A dead thread that is still busy with native work may be gone only after the pool: none shall take its place.
    pool.options.minThreads = 0;
    return (ended ??= pool.destroy());
  }

  /** Called once for each dead thread, and for tasks that fail because the pool has ended. */
  function mourn(cause: unknown, place: string): void {
    unexplained--;
    if (end !== undefined) return;
    const death = `${cause instanceof Error ? cause.message : String(cause)}, at ${place}`;
    if (++deaths <= TOLERATED_DEATHS) {
      onRestart?.(`a worker thread died (${death}); started again`);
      return;
    }
    const received = `the end of one, after one had been started again (${death})`;
    const fix = "See with workers: 0 what happens there; where memory ran out: fewer workers, smaller batches or smaller images.";
    void endWith(new Error(problemMessage({ package: "data", what: "worker threads", expected: "threads that live", received, fix }), { cause }));
  }

  // A death fails the thread's task. Without a task "error" tells it, or nothing, when the thread has just left.
  pool.on("error", (error) => {
    mourn(error, "no batch");
  });
  pool.on("workerDestroy", () => {
    unexplained++;
    setImmediate(() => {
      if (unexplained > 0) mourn("it left without a word", "no batch");
    });
  });

  return {
    run: async (task) => {
      while (end === undefined) {
        const result = await pool.run(task).catch((error: unknown) => {
          mourn(error, describeTask(dataset, task));
        });
        if (result === undefined) continue;
        if ("rendered" in result) return result.rendered;
        throw Object.assign(new Error(result.error.message), result.error);
      }
      throw end;
    },
    close: () => endWith(closedError()),
  };
}
