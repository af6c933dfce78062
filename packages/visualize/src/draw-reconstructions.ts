import { assertShape, type Float, type ViewPolicy } from "@ssl-vit/core";
import { briefNumber } from "./brief-number.js";
import { drawTable } from "./draw-table.js";
import type { Figure } from "./figure.js";
import { imagePictures, shownChannel, statisticsFor, toByte } from "./image-pictures.js";
import { patchGrid } from "./patch-grid.js";
import { enlargementOf } from "./picture.js";

/** Options of {@link drawReconstructions}. */
export interface ReconstructionOptions {
  /** Normalised images, [B, Y, X, C]; one row of the figure each. */
  readonly images: Float<"B Y X C">;
  /** Predicted patches, [B, P, patchSize²·C], row by row. */
  readonly prediction: Float<"B P D">;
  /** 1 = the encoder did not see the patch, [B, P]. */
  readonly mask: Float<"B P">;
  readonly patchSize: number;
  readonly normalize: ViewPolicy["normalize"];
  /** Whether each patch was predicted with its own mean and variance taken out; they are then put back from the image. */
  readonly normalizedTarget: boolean;
  readonly title?: string;
}

const GREY = 128;

/** Mean and (unbiased) deviation of one patch of an image, as MAE's target normalisation takes them. */
function patchStatistics(pixels: readonly number[]): { mean: number; deviation: number } {
  const mean = pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
  const variance = pixels.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (pixels.length - 1);
  return { mean, deviation: Math.sqrt(variance + 1e-6) };
}

/**
 * The image, what the encoder saw of it, and the image with the hidden patches painted (as Figure 2 of MAE, arXiv 2111.06377). The caption tells the
 * share of hidden patches and the mean squared error on them, of the values that were predicted.
 *
 * @throws ShapeError when the patches do not belong to the images
 */
export async function drawReconstructions(options: ReconstructionOptions): Promise<Figure> {
  const { images, prediction, mask, patchSize, normalize, normalizedTarget, title = "Hidden patches, painted" } = options;
  const [batch, height, width, channels] = images.shape;
  const [gridRows, columns] = patchGrid(images.shape, patchSize);
  const patches = gridRows * columns;
  const patchValues = patchSize * patchSize * channels;
  assertShape("visualize", "prediction", prediction, [batch, patches, patchValues]);
  assertShape("visualize", "mask", mask, [batch, patches]);
  const [pixels, predicted, hidden] = [images.dataSync(), prediction.dataSync(), mask.dataSync()];

  const statistics = statisticsFor(normalize, channels);
  let squaredErrors = 0;
  let hiddenPatches = 0;
  const factor = enlargementOf(Math.max(height, width));
  const rows = imagePictures(images, normalize).map((original, image) => {
    const seen = original.data.slice();
    const painted = original.data.slice();
    for (let patch = 0; patch < patches; patch++) {
      if (hidden[image * patches + patch] !== 1) continue;
      hiddenPatches++;
      const offsets = Array.from({ length: patchSize * patchSize }, (_, place) => {
        const y = Math.floor(patch / columns) * patchSize + Math.floor(place / patchSize);
        return y * width + (patch % columns) * patchSize + (place % patchSize);
      });
      const own = offsets.flatMap((offset) => Array.from({ length: channels }, (_, channel) => pixels[(image * height * width + offset) * channels + channel]!));
      const { mean, deviation } = normalizedTarget ? patchStatistics(own) : { mean: 0, deviation: 1 };
      const first = (image * patches + patch) * patchValues;
      own.forEach((value, place) => { squaredErrors += (predicted[first + place]! - (value - mean) / deviation) ** 2; });
      offsets.forEach((offset, place) => {
        for (let channel = 0; channel < 3; channel++) {
          const source = shownChannel(channel, channels);
          seen[offset * 3 + channel] = GREY;
          painted[offset * 3 + channel] = toByte(predicted[first + place * channels + source]! * deviation + mean, source, statistics);
        }
      });
    }
    return [original.data, seen, painted].map((data) => ({ picture: { width, height, data }, factor }));
  });
  const share = `${briefNumber((100 * hiddenPatches) / (batch * patches))} % of the patches are hidden`;
  const error = hiddenPatches === 0 ? "" : `; mean squared error on them ${briefNumber(squaredErrors / (hiddenPatches * patchValues))}`;
  const target = normalizedTarget
    ? ", of patches with mean 0 and variance 1. What was painted has each patch's own mean and variance put back from the image."
    : ", of normalised pixels.";
  return drawTable({ title, headings: [["image"], ["seen"], ["painted"]], rows, caption: share + error + (hiddenPatches === 0 ? "." : target) });
}
