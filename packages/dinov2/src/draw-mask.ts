import type { Float, StepContext, ViewBatch } from "@ssl-vit/core";
import { blockMask } from "@ssl-vit/masking";
import { concat, tidy } from "@tensorflow/tfjs-core";
import type { Dinov2Config } from "./config.js";

/** Smallest area of a block, in patches (`dinov2/data/masking.py`). */
const MIN_BLOCK = 4;

/** Limits of a block's area, in patches. */
export const blockLimits = ([rows, columns]: readonly [number, number]): { readonly minBlock: number; readonly maxBlock: number } => ({ minBlock: MIN_BLOCK, maxBlock: Math.max(MIN_BLOCK, (rows * columns) / 2) });

/** Of how many global views of a batch patches are masked. */
export const maskedViews = ({ maskProbability }: Readonly<Dinov2Config>, images: number): number => Math.floor(2 * images * maskProbability);

/**
 * Blocks of patches for both global views of each image (`dinov2/data/collate.py`), [2·B, P], view by view, 1 = masked; the caller's. A fixed number
 * of the views of all processes is masked, drawn at random; the i-th of n has a share from the i-th of n equal parts of `maskRatio`.
 */
export function drawMask(config: Readonly<Dinov2Config>, { random, collective }: StepContext, { size, indices }: ViewBatch, gridSize: readonly [number, number]): Float<"B P"> {
  const images = size * collective.size;
  const count = maskedViews(config, images);
  const places = random.derive("mask order").permutation(2 * images);
  const patches = gridSize[0] * gridSize[1];
  const [low, high] = config.maskRatio;
  const maskOf = (view: number): Float<"B P"> => {
    const stream = random.derive("mask", view);
    const masked = Array.from(indices, (index, row) => {
      const place = places[view * images + collective.rank * size + row]!;
      if (place >= count) return 0;
      const along = (place + stream.derive("ratio", index).uniform()) / count;
      return Math.floor(patches * (low + (high - low) * along));
    });
    return blockMask(stream, { batchSize: size, indices, gridSize, masked, ...blockLimits(gridSize) });
  };
  return tidy(() => concat([maskOf(0), maskOf(1)]));
}
