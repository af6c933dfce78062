import { imagenetNormalization, type ViewPolicy } from "@ssl-vit/core";

/** How evaluation looks at an image. */
export interface EvaluationViewOptions {
  /** Height and width in pixels. */
  readonly imageSize: number;
  /** Default: ImageNet's channel statistics. Use what the encoder was trained with. */
  readonly normalize?: ViewPolicy["normalize"];
  /** Share of the resized shorter side that is kept. Default 1; the ImageNet protocols use 0.875 (256 → 224). */
  readonly cropRatio?: number;
}

/** One view of each image without randomness: resized (bicubic), then the middle square. The group is called `"evaluation"`. */
export function evaluationViews({ imageSize, normalize = imagenetNormalization, cropRatio = 1 }: EvaluationViewOptions): ViewPolicy {
  return { groups: [{ name: "evaluation", count: 1, size: imageSize, operations: [{ kind: "centerCrop", cropRatio }] }], normalize };
}
