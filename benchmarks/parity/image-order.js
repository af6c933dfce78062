// Which images each step of a run sees, for a training elsewhere that shall see them in the same order.
import { createRandom } from "@ssl-vit/core";
import { openDataset } from "@ssl-vit/data";

/**
 * Positions of the images of each step: every epoch a new order of all, of which the last ones that are too few for a batch are left out (`epochOrder` and `createLoader` of
 * @ssl-vit/data, which a test compares with this).
 *
 * @param {{ images: number, batchSize: number, steps: number, seed: number }} run with the number of images that there are
 * @returns {{ stepsPerEpoch: number, batches: number[][] }}
 */
export function batchesOf({ images, batchSize, steps, seed }) {
  const stepsPerEpoch = Math.floor(images / batchSize);
  const epochs = Array.from({ length: Math.ceil(steps / stepsPerEpoch) }, (_, epoch) => createRandom(seed).derive("order", epoch).permutation(images));
  const batches = Array.from({ length: steps }, (_, step) => {
    const start = (step % stepsPerEpoch) * batchSize;
    return [...epochs[Math.floor(step / stepsPerEpoch)].subarray(start, start + batchSize)];
  });
  return { stepsPerEpoch, batches };
}

/**
 * The files of images that the Python side reads as well: shards of WebDataset, and CIFAR-10's binary files.
 *
 * @param {import("@ssl-vit/data").ImageDataset} images @param {string} location
 * @returns {readonly string[]}
 */
function filesOf({ kind, descriptor }, location) {
  if (kind === "webdataset") return /** @type {{ shards: readonly string[] } & typeof descriptor} */ (descriptor).shards;
  if (kind === "cifar10") return /** @type {{ files: readonly { path: string }[] } & typeof descriptor} */ (descriptor).files.map(({ path }) => path);
  throw new Error(`[parity] --data: expected shards of WebDataset, which the Python side reads, received ${kind} at ${location}. --sides ours does without it; CIFAR-10's binary files are read as well.`);
}

/**
 * What `peer_train.py` needs to see the images of a run in its order. Labels are for it to find out whether it numbers images alike.
 *
 * @param {{ location: string, batchSize: number, steps: number, seed: number }} run
 * @returns {Promise<{ files: readonly string[], labels: number[], stepsPerEpoch: number, batches: number[][] }>}
 */
export async function imageOrder({ location, ...run }) {
  const images = await openDataset(location);
  try {
    return { files: filesOf(images, location), labels: Array.from({ length: images.length }, (_, index) => images.labelOf(index)), ...batchesOf({ ...run, images: images.length }) };
  } finally {
    await images.close();
  }
}
