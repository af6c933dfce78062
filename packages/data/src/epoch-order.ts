/**
 * The order of the images in an epoch: a function of (seed, epoch) alone, so that any number of workers and ranks, and a loop that is taken up
 * anywhere, see the same batches.
 */
import { createRandom, type Random } from "@ssl-vit/core";
import type { ImageDataset } from "./image-dataset.js";

/** `true`: all images in random order. `{ buffer }`: near-sequential reads, so many images of shards at a time among themselves. `false`: the order of the data. */
export type Shuffle = boolean | { readonly buffer: number };

/** What the order depends on beside the epoch. */
export interface OrderOptions {
  readonly shuffle: Shuffle;
  readonly seed: number;
  /** Positions in the data set of the images to go over. Default: all. */
  readonly subset?: Int32Array | undefined;
}

/** Positions in stored order, and where each run of them begins. */
interface StoredImages {
  readonly positions: Int32Array;
  readonly starts: Int32Array;
}

const identity = (length: number): Int32Array => Int32Array.from({ length }, (_, index) => index);

function storedImages({ length }: ImageDataset, runs: Int32Array, subset: Int32Array | undefined): StoredImages {
  if (subset === undefined) return { positions: identity(length), starts: runs };
  const positions = subset.slice().sort();
  const starts: number[] = [];
  let run = 0;
  for (const [place, position] of positions.entries()) {
    const before = run;
    while (run < runs.length && runs[run]! <= position) run++;
    if (run !== before) starts.push(place);
  }
  return { positions, starts: Int32Array.from(starts) };
}

/** The runs one after the other in random order, each in stored order. */
function shuffleRuns({ positions, starts }: StoredImages, random: Random): Int32Array {
  const order = new Int32Array(positions.length);
  let place = 0;
  for (const run of random.permutation(starts.length)) {
    const images = positions.subarray(starts[run], starts[run + 1]);
    order.set(images, place);
    place += images.length;
  }
  return order;
}

/**
 * The runs (shards) in random order, and their images as through a buffer that is filled with `buffer` images in stored order and emptied in
 * random order before it is filled again. So all images that are read while it is emptied lie together, and all orders of them are equally
 * likely. The first filling has a random size, so that the same images do not meet each time.
 */
function bufferShuffle(stored: StoredImages, buffer: number, random: Random): Int32Array {
  const stream = shuffleRuns(stored, random.derive("runs"));
  const order = new Int32Array(stream.length);
  const first = buffer < stream.length ? 1 + Math.floor(random.derive("first").uniform() * buffer) : stream.length;
  for (let start = 0, end = first, filling = 0; start < stream.length; start = end, end = start + buffer, filling++) {
    const images = stream.subarray(start, end);
    random.derive("filling", filling).permutation(images.length).forEach((place, step) => {
      order[start + step] = images[place]!;
    });
  }
  return order;
}

/** The order of each epoch. A data set without runs has no order in which reading it is cheap: `{ buffer }` shuffles it whole. */
export function epochOrder(dataset: ImageDataset, { shuffle, seed, subset }: OrderOptions): (epoch: number) => Int32Array {
  const length = subset?.length ?? dataset.length;
  const randomOf = (epoch: number): Random => createRandom(seed).derive("order", epoch);
  if (typeof shuffle === "object" && dataset.runs !== undefined) {
    const stored = storedImages(dataset, dataset.runs, subset);
    return (epoch) => bufferShuffle(stored, shuffle.buffer, randomOf(epoch));
  }
  return (epoch) => {
    const order = shuffle === false ? identity(length) : randomOf(epoch).permutation(length);
    return subset === undefined ? order : order.map((place) => subset[place]!);
  };
}
