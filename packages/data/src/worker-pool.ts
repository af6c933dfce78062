import { createRequire } from "node:module";
import { type ResourceLimits, Worker } from "node:worker_threads";
import { ConfigError, problemMessage } from "@ssl-vit/core";
import { isDatasetDescriptor } from "./described-dataset.js";
import type { ImageDataset } from "./image-dataset.js";
import type { BatchPlan, BatchTask, RenderedBatch } from "./render-batch.js";
import type { NumberedResult, NumberedTask, WorkerStart } from "./worker.js";

/** Threads that make batches of one data set. */
export interface WorkerPool {
  /** Rejects when the batch cannot be made, when a thread died for good, or when the pool is closed. */
  run(task: BatchTask): Promise<RenderedBatch>;
  close(): Promise<void>;
}

export interface WorkerPoolOptions {
  readonly workers: number;
  /** Told when a thread has died and is started again. */
  readonly onRestart?: ((reason: string) => void) | undefined;
  /** What a thread runs. Default: this package's. */
  readonly file?: string;
  readonly resourceLimits?: ResourceLimits;
}

/** A task that somebody waits for. */
interface Waiting {
  readonly task: BatchTask;
  readonly resolve: (rendered: RenderedBatch) => void;
  readonly reject: (error: Error) => void;
}

/** A thread and the tasks that it was given, the oldest first. */
interface Thread {
  worker: Worker;
  readonly tasks: Map<number, Waiting>;
  readonly current: Int32Array;
  deaths: number;
  /** What it died of, where it could say so. */
  lastWords: string | undefined;
}

/** Deaths of one thread after which it is not started again. */
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

/**
 * Starts worker threads, which open the data set from its descriptor. A thread that dies is started once more and given its tasks again: batches
 * depend on nothing else. When it dies a second time, everything that waits fails with an error that names the images it worked on.
 *
 * @throws ConfigError for a data set that is not one of this package's: threads cannot open it
 */
export function workerPool(dataset: ImageDataset, plan: BatchPlan, options: WorkerPoolOptions): WorkerPool {
  const { workers, onRestart, file = workerFile(), resourceLimits } = options;
  const { descriptor } = dataset;
  if (!isDatasetDescriptor(descriptor)) {
    throw new ConfigError({
      package: "data",
      what: "workers",
      expected: `0 for a data set of kind "${descriptor.kind}", which worker threads cannot open`,
      received: String(workers),
    });
  }
  const threads: Thread[] = [];
  let lastNumber = 0;
  /** Why nothing can be run any more. */
  let end: Error | undefined;

  function startWorker(current: Int32Array): Worker {
    const workerData: WorkerStart = { descriptor: descriptor as WorkerStart["descriptor"], plan, current };
    // The program's flags (a TypeScript loader's, --input-type) are not for a file of plain JavaScript.
    return new Worker(file, { workerData, execArgv: [], ...(resourceLimits === undefined ? {} : { resourceLimits }) });
  }

  function listen(thread: Thread): void {
    const { worker, tasks } = thread;
    worker.on("message", (result: NumberedResult) => {
      const waiting = tasks.get(result.number);
      tasks.delete(result.number);
      if (tasks.size === 0) worker.unref();
      if ("rendered" in result) waiting?.resolve(result.rendered);
      else waiting?.reject(Object.assign(new Error(result.error.message), result.error));
    });
    worker.on("error", (error: unknown) => {
      thread.lastWords = error instanceof Error ? error.message : String(error);
    });
    worker.on("messageerror", (error) => {
      thread.lastWords = error.message;
      void worker.terminate();
    });
    worker.on("exit", (code) => {
      revive(thread, thread.lastWords ?? `exit code ${code}`);
    });
    if (tasks.size === 0) worker.unref();
  }

  const send = (worker: Worker, message: NumberedTask): void => {
    worker.ref();
    worker.postMessage(message);
  };

  /** Ends everything that waits and will ever be asked for. */
  function endWith(error: Error): Promise<unknown> {
    end ??= error;
    for (const { tasks } of threads) {
      for (const { reject } of tasks.values()) reject(end);
      tasks.clear();
    }
    return Promise.all(threads.map(({ worker }) => worker.terminate()));
  }

  /** The images of the task that a thread died at. */
  function victimsOf({ tasks, current }: Thread): string {
    const [oldest] = tasks.values();
    const task = (tasks.get(Atomics.load(current, 0)) ?? oldest)?.task;
    if (task === undefined) return "no batch";
    const keys = Array.from(task.indices.subarray(0, NAMED), (index) => dataset.keyOf(index));
    return `the batch of epoch ${task.epoch} with ${keys.join(", ")}${task.indices.length > NAMED ? ` and ${task.indices.length - NAMED} more images` : ""}`;
  }

  function revive(thread: Thread, reason: string): void {
    if (end !== undefined) return;
    const death = `${reason}, at ${victimsOf(thread)}`;
    thread.deaths++;
    thread.lastWords = undefined;
    try {
      if (thread.deaths > TOLERATED_DEATHS) throw new Error(death);
      Atomics.store(thread.current, 0, 0);
      thread.worker = startWorker(thread.current);
    } catch (error) {
      const received = `the end of one, after it had been started again (${(error as Error).message})`;
      const fix = "Look at these images, or see with workers: 0 what happens; where memory ran out: fewer workers, smaller batches or smaller images.";
      void endWith(new Error(problemMessage({ package: "data", what: "worker threads", expected: "threads that live", received, fix }), { cause: error }));
      return;
    }
    listen(thread);
    for (const [number, { task }] of thread.tasks) send(thread.worker, { number, task });
    onRestart?.(`a worker thread died (${death}); started again`);
  }

  for (let number = 0; number < workers; number++) {
    const current = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const thread: Thread = { worker: startWorker(current), tasks: new Map(), current, deaths: 0, lastWords: undefined };
    listen(thread);
    threads.push(thread);
  }

  return {
    run: (task) =>
      new Promise((resolve, reject) => {
        if (end !== undefined) {
          reject(end);
          return;
        }
        const thread = threads.reduce((best, other) => (other.tasks.size < best.tasks.size ? other : best));
        const number = ++lastNumber;
        thread.tasks.set(number, { task, resolve, reject });
        send(thread.worker, { number, task });
      }),
    close: async () => {
      await endWith(closedError());
    },
  };
}
