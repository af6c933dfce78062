import { assertShape, ConfigError, type Encoder, type Float, patchTokensOf, type ViewPolicy } from "@ssl-vit/core";
import { tidy } from "@tensorflow/tfjs-core";
import { colorOf } from "./color-map.js";
import { drawTable } from "./draw-table.js";
import type { Figure } from "./figure.js";
import { imagePictures } from "./image-pictures.js";
import { patchGrid } from "./patch-grid.js";
import { patchColors, type PatchRendering } from "./patch-map.js";
import { enlargementOf } from "./picture.js";
import { principalComponents, projected } from "./principal-components.js";

export interface PatchPcaOptions extends PatchRendering {
  readonly encoder: Encoder;
  /** Normalised images, [B, Y, X, C], of any size that the patch size divides; one row of the figure each. */
  readonly images: Float<"B Y X C">;
  /** How the images were normalised. */
  readonly normalize: ViewPolicy["normalize"];
  /**
   * Keeps the patches on one side of 0 along the first component, and takes the components anew among them; the others are left out. Which side the
   * objects are on differs from encoder to encoder. Default: all patches are kept.
   */
  readonly foreground?: "positive" | "negative";
  readonly title?: string;
}

const SHOWN = 3;
/** Patches that are not kept, in a map of one component: a grey that the color map lacks. */
const LEFT_OUT = [208, 208, 208] as const;

/** Which patches, of all images, are kept. */
function keptPatches(values: ArrayLike<number>, dim: number, foreground: PatchPcaOptions["foreground"]): number[] {
  const all = Array.from({ length: values.length / dim }, (_, patch) => patch);
  if (foreground === undefined) return all;
  const first = projected(values, principalComponents(values, dim, 1), 0);
  return all.filter((patch) => (foreground === "positive" ? first[patch]! > 0 : first[patch]! < 0));
}

/** Values of one component from their least to their most over the set, as shares; NaN for a patch that is not kept. */
function sharesOf(values: Float64Array, kept: readonly number[], patches: number): Float64Array {
  const least = values.reduce((a, b) => Math.min(a, b));
  const most = values.reduce((a, b) => Math.max(a, b));
  const shares = new Float64Array(patches).fill(Number.NaN);
  kept.forEach((patch, index) => { shares[patch] = most > least ? (values[index]! - least) / (most - least) : 0; });
  return shares;
}

const byteOf = (share: number): number => Math.round(255 * Math.min(1, Math.max(0, share)));

/**
 * What patch tokens have in common across images (as Figure 1 of DINOv2, arXiv 2304.07193): principal components of the patch tokens of all images
 * together, the first three as red, green and blue, then each by itself. Every component goes from its least to its most over all images. A
 * component's sign is arbitrary; it is the one whose coefficient of largest absolute value is positive.
 *
 * @throws ConfigError for too few patches (in the foreground), tokens that are all equal, and tokens that are no numbers; ShapeError for images that are not
 *   [B, Y, X, C] or no whole number of patches
 */
export async function drawPatchPca({ encoder, images, normalize, foreground, rendering = "patches", title = "Principal components of the patch tokens" }: PatchPcaOptions): Promise<Figure> {
  if (rendering === "smooth" && foreground !== undefined) {
    throw new ConfigError({ package: "visualize", what: "rendering", expected: '"patches" with a foreground: there is nothing between its edge and the background', received: '"smooth"' });
  }
  assertShape("visualize", "images", images, [-1, -1, -1, -1]);
  const { patchSize, embedDim } = encoder.layout;
  const grid = patchGrid(images.shape, patchSize);
  const tokens = tidy(() => patchTokensOf(encoder, encoder.encode(images)).dataSync()); // [B·P·D]
  const patches = tokens.length / embedDim;
  const kept = keptPatches(tokens, embedDim, foreground);
  const values = new Float32Array(kept.length * embedDim);
  kept.forEach((patch, index) => { values.set(tokens.subarray(patch * embedDim, (patch + 1) * embedDim), index * embedDim); });
  const found = principalComponents(values, embedDim, SHOWN);
  const shares = found.components.map((_, component) => sharesOf(projected(values, found, component), kept, patches));

  const factor = enlargementOf(Math.max(images.shape[1], images.shape[2]));
  const place = { grid, patchSize, factor, rendering };
  const each = grid[0] * grid[1];
  const rows = imagePictures(images, normalize).map((picture, image) => {
    const own = shares.map((component) => component.subarray(image * each, (image + 1) * each));
    const colors = patchColors(own, place, (...channels: readonly number[]) => channels.map((share) => (Number.isNaN(share) ? 0 : byteOf(share))));
    return [{ picture, factor }, colors, ...own.map((component) => patchColors([component], place, (share) => (Number.isNaN(share) ? LEFT_OUT : colorOf(share))))];
  });
  const percents = found.explained.map((share) => `${(100 * share).toFixed(1)} %`);
  const what = foreground === undefined
    ? `all ${patches} patches of ${patchSize} px, of all images together`
    : `the ${kept.length} of ${patches} patches whose first component over all of them is ${foreground}; the others are black, and grey in the maps of one`;
  return drawTable({
    title,
    headings: [["image", ""], ["components 1–3", "as R, G, B"], ...percents.map((percent, index) => [`component ${index + 1}`, `${percent} of variance`])],
    rows,
    colorBar: { least: "least of a component", most: "its most, over all images" },
    caption: `Components of ${what}. They explain ${(100 * found.explained.reduce((a, b) => a + b, 0)).toFixed(1)} % of the variance. Signs are arbitrary.`,
  });
}
