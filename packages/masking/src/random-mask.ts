import { ConfigError, type Random } from "@ssl-vit/core";
import { visiblePatches } from "./visible-patches.js";
import { maskFromNoise } from "./mask-from-noise.js";
import type { PatchMask } from "./patch-mask.js";

/** Options of {@link randomMask}. */
export interface RandomMaskOptions {
  readonly batchSize: number;
  /**
   * Position of each image in the data set (a batch's `indices`): an image's mask depends on the stream and on it alone, so that it is the
   * same on one process and on several. Default: its position in the batch.
   */
  readonly indices?: Int32Array;
  /** Patches of an image. */
  readonly patches: number;
  /** Share of the patches that is masked, in (0, 1); MAE's is 0.75. ⌊patches · (1 − maskRatio)⌋ patches stay visible. */
  readonly maskRatio: number;
}

/**
 * Masks patches uniformly at random, image by image. The same stream gives the same mask.
 *
 * @returns tensors that the caller owns (see `disposeMask`)
 * @throws ConfigError for a ratio outside (0, 1), or one that leaves no patch visible or none masked
 */
export function randomMask(random: Random, { batchSize, indices, patches, maskRatio }: RandomMaskOptions): PatchMask {
  const keep = visiblePatches(patches, maskRatio);
  if (indices !== undefined && indices.length !== batchSize) {
    throw new ConfigError({ package: "masking", what: "indices", expected: `one for each of ${batchSize} images`, received: String(indices.length) });
  }
  const values = new Float32Array(batchSize * patches);
  for (let image = 0; image < batchSize; image++) {
    values.set(random.derive("mask", indices?.[image] ?? image).uniforms(patches), image * patches);
  }
  return maskFromNoise({ values, shape: [batchSize, patches] }, keep);
}
