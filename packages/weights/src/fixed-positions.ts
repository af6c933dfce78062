import { sincos2dPositions, type VitOptions } from "@ssl-vit/vit";
import type { EncoderTensors } from "./encoder-tensors.js";

/** Single precision, of sines whose angles were computed in it as well. */
const TOLERANCE = 1e-4;

/** Whether a model's positions are MAE's fixed sines and cosines: MAE publishes encoders that look like others but for these values. */
export async function hasFixedPositions({ patchSize = 1, imageSize, embedDim = 0 }: VitOptions, tensors: EncoderTensors): Promise<boolean> {
  if (!tensors.names.has("pos_embed") || embedDim % 4 !== 0 || imageSize === undefined || typeof imageSize === "number") return false;
  const values = await tensors.read("pos_embed");
  const gridSize = [imageSize[0] / patchSize, imageSize[1] / patchSize] as const;
  const prefixTokens = values.length / embedDim - gridSize[0] * gridSize[1];
  const sines = sincos2dPositions({ gridSize, embedDim, prefixTokens });
  return values.every((value, index) => Math.abs(value - sines[index]!) <= TOLERANCE);
}
