import { type CorruptionName, type CorruptionScale, type CorruptionSeverity, imagenetNormalization, type ImageOperation, type ViewPolicy } from "@ssl-vit/core";

/** How evaluation looks at an image. */
export interface EvaluationViewOptions {
  /** Height and width in pixels. */
  readonly imageSize: number;
  /** Default: ImageNet's channel statistics. Use what the encoder was trained with. */
  readonly normalize?: ViewPolicy["normalize"];
  /** Share of the resized shorter side that is kept. Default 1; the ImageNet protocols use 0.875 (256 → 224). */
  readonly cropRatio?: number;
  /** `"stretch"`: the whole image becomes a square, whatever its shape, in place of the middle square. Default `"crop"`. */
  readonly fit?: "crop" | "stretch";
  /** Default `"bicubic"`. */
  readonly interpolation?: "bicubic" | "bilinear";
  /** Done to every image after the crop. `scale`: whose strengths; by default CIFAR-10-C's for images up to 64 pixels, ImageNet-C's for larger ones. */
  readonly corruption?: { readonly name: CorruptionName; readonly severity: CorruptionSeverity; readonly scale?: CorruptionScale };
}

const LARGEST_OF_CIFAR = 64;

/**
 * One view of each image: resized, and the middle square of it. The group is called `"evaluation"`. Without randomness, but for a corruption,
 * which draws from the loader's seed: the same set every time, whatever the number of workers.
 */
export function evaluationViews({ imageSize, normalize = imagenetNormalization, cropRatio = 1, fit = "crop", interpolation = "bicubic", corruption }: EvaluationViewOptions): ViewPolicy {
  const scale = imageSize <= LARGEST_OF_CIFAR ? "cifar" : "imagenet";
  const filter = interpolation === "bicubic" ? {} : { interpolation };
  const operations: ImageOperation[] = [fit === "stretch" ? { kind: "resize", ...filter } : { kind: "centerCrop", cropRatio, ...filter }];
  if (corruption !== undefined) operations.push({ kind: "corruption", scale, ...corruption });
  return { groups: [{ name: "evaluation", count: 1, size: imageSize, operations }], normalize };
}
