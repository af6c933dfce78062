import { ConfigError, type EncoderLayout, type Float, type StepContext, type ViewBatch } from "@ssl-vit/core";
import { blockMask } from "@ssl-vit/masking";
import { concat, tidy } from "@tensorflow/tfjs-core";
import type { IbotConfig } from "./config.js";

/** Refuses shares of an image's patches that are not one patch, and grids in which no block has a place. */
export function checkMask({ maskRatios }: Readonly<IbotConfig>, { gridSize: [rows, columns] }: EncoderLayout): void {
  const refuse = (expected: string, received: string): never => {
    throw new ConfigError({ package: "ibot", what: "maskRatios", expected, received, fix: "A smaller patchSize gives more patches." });
  };
  if (Math.min(rows, columns) < 2) refuse("an encoder of at least 2 × 2 patches", `${rows} × ${columns}`);
  const tooFew = maskRatios.find(([, high]) => high > 0 && high * rows * columns < 1);
  if (tooFew !== undefined) refuse(`shares of 0, or up to at least 1 of ${rows * columns} patches`, `[${tooFew.join(", ")}]`);
}

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
