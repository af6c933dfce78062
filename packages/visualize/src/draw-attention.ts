import { assertShape, ConfigError, type Encoder, type Float, type ViewPolicy } from "@ssl-vit/core";
import { colorOf } from "./color-map.js";
import { drawGrid } from "./draw-grid.js";
import { imagePictures } from "./image-pictures.js";
import type { Picture } from "./picture.js";

export interface AttentionOptions {
  readonly encoder: Encoder;
  /** Normalised images, [B, Y, X, C]; one row of the picture each. */
  readonly images: Float<"B Y X C">;
  /** How the images were normalised. */
  readonly normalize: ViewPolicy["normalize"];
}

/** One value a patch as a picture of the image's size, dark = least, bright = most of this map. */
function heatMap(values: ArrayLike<number>, gridSize: readonly [number, number], patchSize: number): Picture {
  const [rows, columns] = gridSize;
  const all = Array.from(values);
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const [height, width] = [rows * patchSize, columns * patchSize];
  const data = new Uint8Array(height * width * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = all[Math.floor(y / patchSize) * columns + Math.floor(x / patchSize)]!;
      data.set(colorOf(most > least ? (value - least) / (most - least) : 0), (y * width + x) * 3);
    }
  }
  return { width, height, data };
}

/**
 * What [CLS] looks at in the last block (as the figures of DINO, arXiv 2104.14294): each image, the mean over heads, and every head,
 * each map from its own smallest to its own largest value.
 *
 * @throws ConfigError for an encoder without a [CLS] token or without `lastAttention`; ShapeError for images that are not [B, Y, X, C]
 */
export async function drawAttention({ encoder, images, normalize }: AttentionOptions): Promise<Picture> {
  const { hasClsToken, registerTokens, patchSize, numHeads } = encoder.layout;
  if (!hasClsToken || encoder.lastAttention === undefined) {
    throw new ConfigError({ package: "visualize", what: "encoder", expected: "one with a [CLS] token and lastAttention", received: hasClsToken ? "no lastAttention" : "no [CLS] token" });
  }
  assertShape("visualize", "images", images, [-1, -1, -1, -1]);
  const attention = encoder.lastAttention(images); // [B, H, N, N]
  const values = attention.dataSync();
  const tokens = attention.shape[2];
  attention.dispose();
  const grid = [images.shape[1] / patchSize, images.shape[2] / patchSize] as const;
  const first = 1 + registerTokens;
  // Row 0 of a head's matrix is what [CLS] attends to; its patches stand behind the prefix tokens.
  const mapOf = (image: number, head: number): Float32Array => {
    const start = (image * numHeads + head) * tokens * tokens + first;
    return Float32Array.from(values.subarray(start, start + tokens - first));
  };
  const rows = imagePictures(images, normalize).map((picture, image) => {
    const heads = Array.from({ length: numHeads }, (_, head) => mapOf(image, head));
    const mean = heads[0]!.map((_, patch) => heads.reduce((sum, map) => sum + map[patch]!, 0) / numHeads);
    return [picture, ...[mean, ...heads].map((map) => heatMap(map, grid, patchSize))];
  });
  return drawGrid(["image", "mean", ...Array.from({ length: numHeads }, (_, head) => `head ${head + 1}`)], rows);
}
