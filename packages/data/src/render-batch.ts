import { convertChannels, normalizeInto, type RawImage, renderView } from "@ssl-vit/augment";
import { createRandom, type ViewPolicy } from "@ssl-vit/core";
import { otherChannels } from "./broken-images.js";
import type { HostBatch } from "./host-batch.js";
import type { ImageDataset } from "./image-dataset.js";

/** What all batches of a loader have in common. */
export interface BatchPlan {
  readonly views: ViewPolicy;
  readonly seed: number;
  readonly channels: number;
  /** Broken images after which a batch is given up. */
  readonly tolerated: number;
  /** Positions of the images that may be taken, ascending, without any twice. Default: all. */
  readonly subset?: Int32Array;
}

/** One batch to make. */
export interface BatchTask {
  readonly epoch: number;
  /** Positions of the images in the data set. */
  readonly indices: Int32Array;
  /** Not 0 when nobody wants the batch any more; shared with the thread that asked for it. */
  readonly cancelled: Int32Array;
}

/** An image that could not be read. */
export interface BrokenImage {
  readonly index: number;
  readonly reason: string;
}

/** What comes of a task. */
export interface RenderedBatch {
  /** Absent when the batch was cancelled or given up. */
  readonly batch?: HostBatch;
  /** In the order of the data set, whichever thread read them. */
  readonly broken: readonly BrokenImage[];
}

/** Images that are decoded at a time, so that one is read while another is augmented. */
const LANES = 4;

/** Grey and RGB become each other; an image of any other number of channels than the wanted one is broken. */
function withChannels(image: RawImage, channels: number): RawImage {
  const isConvertible = [1, 3].includes(image.channels) && [1, 3].includes(channels);
  if (image.channels !== channels && !isConvertible) throw new Error(otherChannels(image.channels, channels));
  return convertChannels(image, channels);
}

/** The image after one, going round. Of a subset: the next of its images. */
function nextAfter(index: number, length: number, subset: Int32Array | undefined): number {
  if (subset === undefined) return (index + 1) % length;
  let [low, high] = [0, subset.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (subset[middle]! <= index) low = middle + 1;
    else high = middle;
  }
  return subset[low % subset.length]!;
}

/** All views of one policy, each with room for `size` images. */
function emptyViews({ groups }: ViewPolicy, size: number, channels: number): HostBatch["views"] {
  return groups.flatMap((group) =>
    Array.from({ length: group.count }, () => ({
      name: group.name,
      shape: [size, group.size, group.size, channels] as const,
      data: new Float32Array(size * group.size * group.size * channels),
    })),
  );
}

/** The places of a batch in the order in which its images are read: of images that lie one after the other, in the order of the disk. */
function readingOrder({ runs }: ImageDataset, indices: Int32Array): Int32Array {
  const places = Int32Array.from(indices.keys());
  return runs === undefined ? places : places.sort((a, b) => indices[a]! - indices[b]!);
}

/**
 * Makes batches of one data set. A batch is a function of (seed, epoch, indices): who makes it, and what was made before, does not matter.
 *
 * An image that cannot be read is replaced by the next one in the data set (or of the subset) that can; its augmentation stays that of its own place.
 */
export function batchRenderer(dataset: ImageDataset, plan: BatchPlan): (task: BatchTask) => Promise<RenderedBatch> {
  const { views: policy, seed, channels, tolerated, subset } = plan;
  // Only to save time: an image that is known to be broken is not read again.
  const known = new Map<number, string>();

  async function tryToRead(index: number): Promise<RawImage | undefined> {
    if (known.has(index)) return undefined;
    try {
      return withChannels(await dataset.read(index), channels);
    } catch (error) {
      known.set(index, (error as Error).message);
      return undefined;
    }
  }

  /** The first image from a position on that can be read, going round; undefined after too many that cannot. */
  async function readFrom(wanted: number, broken: Map<number, string>): Promise<{ index: number; image: RawImage } | undefined> {
    for (let index = wanted; broken.size <= tolerated; index = nextAfter(index, dataset.length, subset)) {
      const image = await tryToRead(index);
      if (image !== undefined) return { index, image };
      broken.set(index, known.get(index)!);
    }
    return undefined;
  }

  return async ({ epoch, indices, cancelled }) => {
    const size = indices.length;
    const batch: HostBatch = { size, indices: new Int32Array(size), labels: new Int32Array(size), views: emptyViews(policy, size, channels) };
    const draws = createRandom(seed).derive("view", epoch);
    const broken = new Map<number, string>();
    const isWanted = (): boolean => Atomics.load(cancelled, 0) === 0 && broken.size <= tolerated;

    function augment(image: RawImage, place: number): void {
      const shared = draws.derive(indices[place]!, "shared");
      let view = 0;
      for (const [groupIndex, group] of policy.groups.entries()) {
        for (let viewIndex = 0; viewIndex < group.count; viewIndex++, view++) {
          const rendered = renderView(image, group, draws.derive(indices[place]!, groupIndex, viewIndex), shared);
          normalizeInto(rendered, policy.normalize, batch.views[view]!.data, place * rendered.data.length);
        }
      }
    }

    const places = readingOrder(dataset, indices);
    let next = 0;
    async function lane(): Promise<void> {
      while (next < size && isWanted()) {
        const place = places[next++]!;
        const found = await readFrom(indices[place]!, broken);
        if (found === undefined) return;
        batch.indices[place] = found.index;
        batch.labels[place] = dataset.labelOf(found.index);
        augment(found.image, place);
      }
    }

    await Promise.all(Array.from({ length: LANES }, lane)).finally(() => {
      next = size; // after an error no lane goes on
    });
    const inOrder = [...broken].sort(([a], [b]) => a - b).map(([index, reason]) => ({ index, reason }));
    return { ...(isWanted() ? { batch } : {}), broken: inOrder };
  };
}
