import { assertShape, ConfigError, type Encoder, type Float, type ViewPolicy } from "@ssl-vit/core";
import { briefNumber } from "./brief-number.js";
import { drawTable } from "./draw-table.js";
import type { Figure } from "./figure.js";
import { imagePictures } from "./image-pictures.js";
import { heatMap, overlaid, type PatchRendering } from "./patch-map.js";
import { patchGrid } from "./patch-grid.js";
import { enlargementOf } from "./picture.js";

export interface AttentionOptions extends PatchRendering {
  readonly encoder: Encoder;
  /** Normalised images, [B, Y, X, C], of any size that the patch size divides; one row of the figure each. */
  readonly images: Float<"B Y X C">;
  /** How the images were normalised. */
  readonly normalize: ViewPolicy["normalize"];
  /** Whether the maps are laid over the images. Default false. */
  readonly overlay?: boolean;
  readonly title?: string;
}

const mostOf = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => Math.max(a, b));
const leastOf = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => Math.min(a, b));

/**
 * What [CLS] looks at in the last block (as the figures of DINO, arXiv 2104.14294): each image, the mean over heads, and every head. Each map goes
 * from its own smallest to its own largest value, which are written below it.
 *
 * @throws ConfigError for an encoder without a [CLS] token or without `lastAttention`, and attention that is no number; ShapeError for images that
 *   are not [B, Y, X, C] or no whole number of patches
 */
export async function drawAttention({ encoder, images, normalize, overlay = false, rendering = "patches", title = "What [CLS] attends to" }: AttentionOptions): Promise<Figure> {
  const { hasClsToken, registerTokens, patchSize, numHeads, depth } = encoder.layout;
  if (!hasClsToken || encoder.lastAttention === undefined) {
    throw new ConfigError({ package: "visualize", what: "encoder", expected: "one with a [CLS] token and lastAttention", received: hasClsToken ? "no lastAttention" : "no [CLS] token" });
  }
  assertShape("visualize", "images", images, [-1, -1, -1, -1]);
  const grid = patchGrid(images.shape, patchSize);
  const attention = encoder.lastAttention(images); // [B, H, N, N]
  const values = attention.dataSync();
  const tokens = attention.shape[2];
  attention.dispose();
  if (!values.every(Number.isFinite)) {
    throw new ConfigError({ package: "visualize", what: "attention", expected: "finite numbers", received: "NaN or infinity", fix: "The encoder's weights are broken, or the images are." });
  }
  const first = 1 + registerTokens;
  // Row 0 of a head's matrix is what [CLS] attends to; its patches stand behind the prefix tokens.
  const mapOf = (image: number, head: number): Float32Array => {
    const start = (image * numHeads + head) * tokens * tokens + first;
    return Float32Array.from(values.subarray(start, start + tokens - first));
  };
  const factor = enlargementOf(Math.max(images.shape[1], images.shape[2]));
  const rows = imagePictures(images, normalize).map((picture, image) => {
    const heads = Array.from({ length: numHeads }, (_, head) => mapOf(image, head));
    const mean = heads[0]!.map((_, patch) => heads.reduce((sum, map) => sum + map[patch]!, 0) / numHeads);
    const maps = [mean, ...heads].map((map) => {
      const range = [leastOf(map), mostOf(map)] as const;
      const tile = heatMap(map, range, { grid, patchSize, factor, rendering });
      return { ...(overlay ? overlaid(tile, picture, factor) : tile), note: range.map(briefNumber).join(" – ") };
    });
    return [{ picture, factor }, ...maps];
  });
  return drawTable({
    title,
    headings: [["image"], ["mean"], ...Array.from({ length: numHeads }, (_, head) => [`head ${head + 1}`])],
    rows,
    colorBar: { least: "least of a map", most: "most of a map" },
    caption: `Attention of [CLS] to each patch of ${patchSize} px in ${depth > 1 ? `the last of ${depth} blocks` : "the only block"}, after the softmax; below each map its least and its most.`,
  });
}
