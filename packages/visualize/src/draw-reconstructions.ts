import { assertShape, type Float, type ViewPolicy } from "@ssl-vit/core";
import { drawGrid } from "./draw-grid.js";
import { imagePictures, shownChannel, statisticsFor, toByte } from "./image-pictures.js";
import type { Picture } from "./picture.js";

export interface ReconstructionOptions {
  /** Normalised images, [B, Y, X, C]; one row of the picture each. */
  readonly images: Float<"B Y X C">;
  /** Predicted patches, [B, P, patchSize²·C], row by row. */
  readonly prediction: Float<"B P D">;
  /** 1 = the encoder did not see the patch, [B, P]. */
  readonly mask: Float<"B P">;
  readonly patchSize: number;
  readonly normalize: ViewPolicy["normalize"];
  /** Whether each patch was predicted with its own mean and variance taken out; they are then put back from the image. */
  readonly normalizedTarget: boolean;
}

const GREY = 128;

/** Mean and (unbiased) deviation of one patch of an image, as MAE's target normalisation takes them. */
function patchStatistics(pixels: readonly number[]): { mean: number; deviation: number } {
  const mean = pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
  const variance = pixels.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (pixels.length - 1);
  return { mean, deviation: Math.sqrt(variance + 1e-6) };
}

/**
 * The image, what the encoder saw of it, and the image with the hidden patches painted (as Figure 2 of MAE, arXiv 2111.06377).
 *
 * @throws ShapeError when the patches do not belong to the images
 */
export async function drawReconstructions(options: ReconstructionOptions): Promise<Picture> {
  const { images, prediction, mask, patchSize, normalize, normalizedTarget } = options;
  const [batch, height, width, channels] = images.shape;
  const columns = width / patchSize;
  const patches = (height / patchSize) * columns;
  const patchValues = patchSize * patchSize * channels;
  assertShape("visualize", "prediction", prediction, [batch, patches, patchValues]);
  assertShape("visualize", "mask", mask, [batch, patches]);
  const [pixels, predicted, hidden] = [images.dataSync(), prediction.dataSync(), mask.dataSync()];

  const statistics = statisticsFor(normalize, channels);
  const rows = imagePictures(images, normalize).map((original, image) => {
    const seen = original.data.slice();
    const painted = original.data.slice();
    for (let patch = 0; patch < patches; patch++) {
      if (hidden[image * patches + patch] !== 1) continue;
      const offsets = Array.from({ length: patchSize * patchSize }, (_, place) => {
        const y = Math.floor(patch / columns) * patchSize + Math.floor(place / patchSize);
        return y * width + (patch % columns) * patchSize + (place % patchSize);
      });
      const own = offsets.flatMap((offset) => Array.from({ length: channels }, (_, channel) => pixels[(image * height * width + offset) * channels + channel]!));
      const { mean, deviation } = normalizedTarget ? patchStatistics(own) : { mean: 0, deviation: 1 };
      offsets.forEach((offset, place) => {
        for (let channel = 0; channel < 3; channel++) {
          const source = shownChannel(channel, channels);
          const value = predicted[(image * patches + patch) * patchValues + place * channels + source]! * deviation + mean;
          seen[offset * 3 + channel] = GREY;
          painted[offset * 3 + channel] = toByte(value, source, statistics);
        }
      });
    }
    return [original, { width, height, data: seen }, { width, height, data: painted }];
  });
  return drawGrid(["image", "seen", "painted"], rows);
}
