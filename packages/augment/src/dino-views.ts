/**
 * DINO's multi-crop: two asymmetric global views and several small local ones, which iBOT and DINOv2 took over.
 *
 * Paper: Caron et al., https://arxiv.org/abs/2104.14294, Section 3.1 and appendix.
 * Checked against facebookresearch/dino and bytedance/ibot (DataAugmentationDINO, DataAugmentationiBOT) and facebookresearch/dinov2
 * (dinov2/data/augmentations.py).
 * Deviations: blur with a Gaussian of σ, where the radius of the first two is PIL's.
 */
import { imagenetNormalization, type ViewGroup, type ViewPolicy } from "@ssl-vit/core";
import { cropAndColor } from "./crop-and-color.js";

/** Options of {@link dinoViews}. */
export interface DinoViewOptions {
  /** Height and width of a global view in pixels. */
  readonly globalSize: number;
  /** Height and width of a local view in pixels. */
  readonly localSize: number;
  /** Local views of an image; 0 = none. */
  readonly localViews: number;
  /** Share of the image's area in a global view. */
  readonly globalScale: readonly [number, number];
  /** Share of the image's area in a local view. */
  readonly localScale: readonly [number, number];
  /** How often the first global view, the second one and a local one are blurred. Default [1, 0.1, 0.5]: DINO's. */
  readonly blur?: readonly [first: number, second: number, local: number];
}

/** Two groups called `"global"` of one view each, of which the second is solarized one time in five, and one called `"local"`. */
export function dinoViews({ globalSize, localSize, localViews, globalScale, localScale, blur = [1, 0.1, 0.5] }: DinoViewOptions): ViewPolicy {
  const view = (name: string, size: number, scale: readonly [number, number], blurred: number, solarize: number, count = 1): ViewGroup => ({
    name,
    count,
    size,
    operations: cropAndColor({ scale, interpolation: "bicubic", jitter: [0.4, 0.4, 0.2, 0.1], blur: blurred, solarize }),
  });
  const globals = [view("global", globalSize, globalScale, blur[0], 0), view("global", globalSize, globalScale, blur[1], 0.2)];
  const locals = localViews > 0 ? [view("local", localSize, localScale, blur[2], 0, localViews)] : [];
  return { groups: [...globals, ...locals], normalize: imagenetNormalization };
}
