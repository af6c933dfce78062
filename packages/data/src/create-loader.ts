import { checkViewPolicy } from "@ssl-vit/augment";
import { ConfigError, nearest, problemMessage, type ViewPolicy } from "@ssl-vit/core";
import { adviceFor } from "./broken-images.js";
import { epochOrder, type Shuffle } from "./epoch-order.js";
import type { HostBatch } from "./host-batch.js";
import type { ImageDataset } from "./image-dataset.js";
import { batchRenderer, type BatchTask, type BrokenImage, type RenderedBatch } from "./render-batch.js";
import { sharedInt32 } from "./shared-array.js";
import { closedError, workerPool, type WorkerPool } from "./worker-pool.js";

/** How images become batches. */
export interface LoaderOptions {
  readonly views: ViewPolicy;
  /** Images in a batch of this process. */
  readonly batchSize: number;
  /** Everything random follows from it: the same seed gives the same batches. */
  readonly seed: number;
  /** Worker threads; 0 (default) works in the calling thread. The batches are the same bytes whatever the number. */
  readonly workers?: number;
  /**
   * A new order each epoch. Default true; false is the order of the data. `{ buffer: N }` keeps reads of shards near-sequential: the shards come in
   * random order, and N images at a time, in stored order, are shuffled among themselves.
   */
  readonly shuffle?: Shuffle;
  /** Leaves out the last batch of an epoch when it is not full, on any rank. Default true; evaluation says false. */
  readonly dropLast?: boolean;
  /** Positions in the data set of the images to go over. Default: all. */
  readonly subset?: Int32Array;
  /**
   * Channels of the views. For 3, grey images are repeated; for 1, color images become their luma; an image of any other number is broken.
   * Default 3.
   */
  readonly channels?: number;
  /**
   * Of several processes that train together: which this one is, and how many there are. Together they make the batches that one process with
   * `ranks` times the batch size makes; this one makes the rows from `rank * batchSize` on. Default: 0 of 1.
   */
  readonly rank?: number;
  readonly ranks?: number;
  /** Told once of every image that cannot be read. */
  readonly onSkip?: (key: string, reason: string) => void;
  /** Told when a worker thread has died and another takes its place; the next death ends the loop with an error. */
  readonly onRestart?: (reason: string) => void;
}

/** Batches of a data set, epoch by epoch. */
export interface Loader {
  readonly stepsPerEpoch: number;
  readonly batchSize: number;
  /**
   * The batches of an epoch in order, from step `fromStep` on; the steps before it are not read. Leaving the loop early stops the threads'
   * work on it.
   */
  batches(epoch: number, fromStep?: number): AsyncIterable<HostBatch>;
  /** Images that could not be read so far: key → reason. */
  readonly skipped: ReadonlyMap<string, string>;
  /** Ends the worker threads, and the loops that still wait for batches with an error. */
  close(): Promise<void>;
}

const optionNames = [
  "views", "batchSize", "seed", "workers", "shuffle", "dropLast", "subset", "channels", "rank", "ranks", "onSkip", "onRestart",
] as const satisfies (keyof LoaderOptions)[];

/** Batches made ahead for each worker thread. */
const AHEAD = 2;

/** Share of the images that may be broken, and the number that may be in a small data set, up to half of it. */
const TOLERATED_SHARE = 0.01;
const TOLERATED_NUMBER = 5;

const toleratedOf = (length: number): number =>
  Math.max(Math.floor(length * TOLERATED_SHARE), Math.min(TOLERATED_NUMBER, Math.floor(length / 2)));

function fail(what: string, expected: string, received: unknown, fix?: string): never {
  throw new ConfigError({ package: "data", what, expected, received: String(received), ...(fix === undefined ? {} : { fix }) });
}

function checkOptions(dataset: ImageDataset, options: LoaderOptions): void {
  for (const name of Object.keys(options)) {
    if ((optionNames as readonly string[]).includes(name)) continue;
    const meant = nearest(name, optionNames);
    fail("createLoader", `options ${optionNames.join(", ")}`, name, meant === undefined ? undefined : `Did you mean "${meant}"?`);
  }
  const { views, batchSize, seed, workers = 0, shuffle = true, dropLast = true, subset, channels = 3, rank = 0, ranks = 1 } = options;
  const images = subset?.length ?? dataset.length;
  if (!Number.isInteger(seed)) fail("seed", "an integer", seed);
  if (!Number.isInteger(batchSize) || batchSize < 1) fail("batchSize", "an integer above 0", batchSize);
  if (!Number.isInteger(workers) || workers < 0) fail("workers", "an integer from 0 on", workers);
  const { buffer } = Object(shuffle) as { readonly buffer?: unknown };
  if (typeof shuffle !== "boolean" && !(Number.isInteger(buffer) && Number(buffer) > 0)) {
    fail("shuffle", "true, false or { buffer: an integer above 0 }", JSON.stringify(shuffle));
  }
  if (!Number.isInteger(ranks) || ranks < 1) fail("ranks", "an integer above 0", ranks);
  if (!Number.isInteger(rank) || rank < 0 || rank >= ranks) fail("rank", `an integer from 0 to ${ranks - 1}`, rank);
  if (!Number.isInteger(channels) || channels < 1) fail("channels", "an integer above 0", channels);
  checkViewPolicy(views, channels);
  const outside = subset?.find((index) => index < 0 || index >= dataset.length);
  if (outside !== undefined) fail("subset", `positions from 0 to ${dataset.length - 1}`, outside);
  if (images === 0) fail("subset", "at least one position", "none");
  const most = Math.floor(images / ranks);
  if (dropLast && batchSize > most) {
    const expected = ranks === 1 ? `at most ${images}` : `at most ${most} for each of ${ranks} ranks, together ${images}`;
    fail("batchSize", `${expected}, the number of images at ${dataset.location}`, batchSize, "There would be no full batch: give a smaller one (--batch-size).");
  }
}

/**
 * Batches of augmented views. They are the same bytes whatever the number of workers and wherever an epoch is taken up: the order of an
 * epoch follows from (seed, epoch), the draws of a view from (seed, epoch, image, view).
 *
 * An image that cannot be read is replaced by the next one of the data set (or of `subset`) that can, reported to `onSkip` and listed in `skipped`. The loop
 * ends with an error when more are broken than 1 % of the images or 5 (in a data set of less than ten: half), whichever is more.
 *
 * @throws ConfigError for options that cannot be, such as a batch larger than the data set
 */
export function createLoader(dataset: ImageDataset, options: LoaderOptions): Loader {
  return createLoaderOn(workerPool, dataset, options);
}

/** As {@link createLoader}, with threads of another kind: tests have some that die. */
export function createLoaderOn(startPool: typeof workerPool, dataset: ImageDataset, options: LoaderOptions): Loader {
  checkOptions(dataset, options);
  const { views, batchSize, seed, workers = 0, shuffle = true, dropLast = true, subset, channels = 3, rank = 0, ranks = 1, onSkip, onRestart } = options;
  const length = subset?.length ?? dataset.length;
  const among = subset === undefined ? undefined : sharedInt32([...new Set(subset)].sort((a, b) => a - b));
  const distinct = among?.length ?? dataset.length;
  const tolerated = toleratedOf(distinct);
  const globalSize = batchSize * ranks;
  const stepsPerEpoch = dropLast ? Math.floor(length / globalSize) : Math.ceil(length / globalSize);
  const orderOf = epochOrder(dataset, { shuffle, seed, subset });
  const plan = { views, seed, channels, tolerated, ...(among === undefined ? {} : { subset: among }) };
  const pool: WorkerPool =
    workers === 0 ? { run: batchRenderer(dataset, plan), close: () => Promise.resolve() } : startPool(dataset, plan, { workers, onRestart });
  const skipped = new Map<string, string>();
  const broken = new Set<number>();
  const running = new Set<Int32Array>();
  let isClosed = false;

  function note(images: readonly BrokenImage[]): void {
    for (const { index, reason } of images) {
      if (broken.has(index)) continue;
      broken.add(index);
      skipped.set(dataset.keyOf(index), reason);
      onSkip?.(dataset.keyOf(index), reason);
    }
    if (broken.size <= tolerated) return;
    const first = [...skipped].slice(0, 3).map(([key, reason]) => `${key} (${reason})`);
    const fix = adviceFor(dataset, [...skipped.values()]);
    const problem = { package: "data", what: dataset.location, expected: `at most ${tolerated} of ${distinct} images that cannot be read`, ...(fix === undefined ? {} : { fix }) };
    throw new Error(problemMessage({ ...problem, received: `more, among them ${first.join(", ")}` }));
  }

  function accept({ batch, broken: images }: RenderedBatch): HostBatch {
    note(images);
    if (batch === undefined) throw closedError();
    return batch;
  }

  async function* batches(epoch: number, fromStep = 0): AsyncGenerator<HostBatch, void, undefined> {
    if (isClosed) throw closedError();
    if (!Number.isInteger(epoch)) fail("epoch", "an integer", epoch);
    if (!Number.isInteger(fromStep) || fromStep < 0) fail("fromStep", "an integer from 0 on", fromStep);
    const order = orderOf(epoch);
    const cancelled = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const pending: Promise<RenderedBatch>[] = [];
    running.add(cancelled);
    let next = fromStep;
    try {
      for (;;) {
        for (; next < stepsPerEpoch && pending.length < Math.max(1, AHEAD * workers); next++) {
          const start = next * globalSize + rank * batchSize;
          const task: BatchTask = { epoch, indices: order.slice(start, start + batchSize), cancelled };
          const rendered = pool.run(task);
          rendered.catch(() => undefined); // it is waited for in its turn
          pending.push(rendered);
        }
        const first = pending.shift();
        if (first === undefined) return;
        yield accept(await first);
      }
    } finally {
      Atomics.store(cancelled, 0, 1);
      running.delete(cancelled);
      await Promise.allSettled(pending);
    }
  }

  return {
    stepsPerEpoch,
    batchSize,
    batches,
    skipped,
    close: async () => {
      isClosed = true;
      for (const cancelled of running) Atomics.store(cancelled, 0, 1);
      await pool.close();
    },
  };
}
