import type { Float, StepContext, ViewBatch } from "@ssl-vit/core";
import { blockMask } from "@ssl-vit/masking";
import { concat, tidy } from "@tensorflow/tfjs-core";
import type { IbotConfig } from "./config.js";

/** Blocks of patches for both global views of each image (`loader.py`), [2·B, P], view by view, 1 = masked; the caller's. Every view has draws of its own. */
export function drawMask(
  { maskRatios, maskStartEpoch }: Readonly<IbotConfig>,
  { random, progress }: StepContext,
  { size, indices }: ViewBatch,
  gridSize: readonly [number, number],
): Float<"B P"> {
  const ratioOf = (view: number, image: number): number => {
    if (progress.epoch < maskStartEpoch) return 0;
    const stream = random.derive("mask ratio", view, image);
    const [low, high] = maskRatios[Math.floor(stream.derive("range").uniform() * maskRatios.length)]!;
    return low + (high - low) * stream.derive("share").uniform();
  };
  const maskOf = (view: number): Float<"B P"> => {
    const masked = Array.from(indices, (image) => ratioOf(view, image) * gridSize[0] * gridSize[1]);
    return blockMask(random.derive("mask", view), { batchSize: size, indices, gridSize, masked });
  };
  return tidy(() => concat([maskOf(0), maskOf(1)]));
}

/** Share of the global views in which patches are masked, on average: of those whose range and share of it ask for one at least. */
export function maskedShare({ maskRatios, maskStartEpoch }: Readonly<IbotConfig>, { progress }: StepContext, [rows, columns]: readonly [number, number]): number {
  if (progress.epoch < maskStartEpoch) return 0;
  const least = 1 / (rows * columns);
  const ofRange = ([low, high]: readonly [number, number]): number => (high < least ? 0 : low >= least ? 1 : (high - least) / (high - low));
  return maskRatios.reduce((total, range) => total + ofRange(range), 0) / maskRatios.length;
}
