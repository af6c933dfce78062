import type { Float } from "./axes.js";
import type { CorruptionName, CorruptionScale, CorruptionSeverity } from "./corruption-names.js";

type Range = readonly [minimum: number, maximum: number];

/** One image operation, as plain data that a worker thread can carry out. Probabilities default to 1. */
export type ImageOperation =
  /**
   * Random part of the image, resized to `size`, by default the view's (torchvision's RandomResizedCrop). `scale` is a share of the area, `ratio`
   * width ÷ height. `shared`: the same part in every view of the image that says so.
   */
  | {
      readonly kind: "randomResizedCrop";
      readonly scale: Range;
      readonly ratio?: Range;
      readonly interpolation?: "bicubic" | "bilinear";
      readonly size?: number;
      readonly shared?: boolean;
    }
  /** The view's size, cut out so many pixels right of the left border, and so many below the upper one, as are drawn from 0 … `maxShift` (CMAE). */
  | { readonly kind: "shiftedCrop"; readonly maxShift: number }
  /** The whole image, resized to the view's size without keeping the ratio. */
  | { readonly kind: "resize"; readonly interpolation?: "bicubic" | "bilinear" }
  /** Shorter side resized to `size ÷ cropRatio`, then the middle cut out: how evaluation looks at an image. */
  | { readonly kind: "centerCrop"; readonly cropRatio?: number; readonly interpolation?: "bicubic" | "bilinear" }
  /** `shared`: all views of an image that say so are mirrored, or none. */
  | { readonly kind: "horizontalFlip"; readonly probability?: number; readonly shared?: boolean }
  /** Brightness, contrast, saturation factors in [1 - x, 1 + x], hue shift in [-x, x] turns, in random order (torchvision's ColorJitter). */
  | {
      readonly kind: "colorJitter";
      readonly brightness: number;
      readonly contrast: number;
      readonly saturation: number;
      readonly hue: number;
      readonly probability?: number;
    }
  | { readonly kind: "grayscale"; readonly probability?: number }
  /** Gaussian blur with σ in pixels drawn from `sigma`. */
  | { readonly kind: "gaussianBlur"; readonly sigma: Range; readonly probability?: number }
  /** Inverts every value at or above `threshold` (0-255; of 16-bit images 257 times as large). */
  | { readonly kind: "solarize"; readonly threshold?: number; readonly probability?: number }
  /**
   * Paints over a random rectangle (torchvision's RandomErasing, but before the normalisation). `scale` is a share of the area, `ratio` height ÷ width.
   * `fill`: a value 0-255, by channel or one for all, or `"noise"`.
   */
  | {
      readonly kind: "randomErasing";
      readonly scale?: Range;
      readonly ratio?: Range;
      readonly fill?: number | readonly number[] | "noise";
      readonly probability?: number;
    }
  /**
   * A common corruption of test images. `severity` 1 to 5 picks its strength from those of ImageNet-C (`"imagenet"`) or CIFAR-10-C (`"cifar"`).
   * It belongs last, behind the crop.
   */
  | { readonly kind: "corruption"; readonly name: CorruptionName; readonly severity: CorruptionSeverity; readonly scale: CorruptionScale };

/** Views of one kind: same size, same operations, independent draws (but for operations that are `shared`). */
export interface ViewGroup {
  /** What the method asks for: `"global"`, `"local"`. Several groups may share a name (two asymmetric global views). */
  readonly name: string;
  readonly count: number;
  /** Height and width in pixels. */
  readonly size: number;
  readonly operations: readonly ImageOperation[];
}

/** What to cut from each image. Plain data: saved with a run, carried out by the loader's workers. */
export interface ViewPolicy {
  readonly groups: readonly ViewGroup[];
  /** Values are scaled to [0, 1], then `(value - mean) / std` by channel. One number serves every channel. */
  readonly normalize: { readonly mean: readonly number[]; readonly std: readonly number[] };
}

/** ImageNet's channel statistics, which the field uses for natural images of every kind. */
export const imagenetNormalization = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;

/** One view of every image of the batch. */
export interface View {
  readonly name: string;
  readonly images: Float<"B Y X C">;
}

/** What a method's loss receives. The trainer owns the tensors. */
export interface ViewBatch {
  readonly size: number;
  readonly views: readonly View[];
  /** Position of each image in the data set. */
  readonly indices: Int32Array;
}

/** The images of the views called `name`, in the policy's order. */
export function viewsNamed(batch: ViewBatch, name: string): readonly Float<"B Y X C">[] {
  return batch.views.filter((view) => view.name === name).map((view) => view.images);
}
