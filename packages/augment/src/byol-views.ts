/**
 * The two asymmetric views of BYOL, which MoCo v3, Barlow Twins and VICReg took over.
 *
 * Paper: Grill et al., https://arxiv.org/abs/2006.07733, table 6.
 * Checked against google-deepmind/deepmind-research (byol/utils/augmentations.py) and facebookresearch/moco-v3 (main_moco.py).
 * Deviations: as in the PyTorch codes that took the views over, brightness is a factor, where BYOL's own code adds to every value; the blur is
 * that of `gaussianBlur`, not one cut to a tenth of the image.
 */
import { imagenetNormalization, type ViewGroup, type ViewPolicy } from "@ssl-vit/core";
import { cropAndColor } from "./crop-and-color.js";

/** Options of {@link byolViews}. */
export interface ByolViewOptions {
  /** Height and width of a view in pixels. */
  readonly imageSize: number;
  /** Share of the image's area that a crop covers; the paper's is [0.08, 1]. */
  readonly cropScale: readonly [number, number];
  /** Whether views are blurred. Default true; small images are mostly left sharp. */
  readonly blur?: boolean;
  /** Of the crop. Default `"bicubic"`, the paper's; MoCo v3 leaves it to torchvision, which takes `"bilinear"`. */
  readonly interpolation?: "bicubic" | "bilinear";
}

/**
 * Two groups called `"global"` of one view each: the first is always blurred, the second one time in ten, and solarized one time in five.
 */
export function byolViews({ imageSize, cropScale, blur = true, interpolation = "bicubic" }: ByolViewOptions): ViewPolicy {
  const view = (blurred: number, solarize: number): ViewGroup => ({
    name: "global",
    count: 1,
    size: imageSize,
    operations: cropAndColor({ scale: cropScale, interpolation, jitter: [0.4, 0.4, 0.2, 0.1], blur: blur ? blurred : 0, solarize }),
  });
  return { groups: [view(1, 0), view(0.1, 0.2)], normalize: imagenetNormalization };
}
