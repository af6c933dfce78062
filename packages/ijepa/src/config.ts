import { checkOptions, type Schedule } from "@ssl-vit/core";
import { linear } from "@ssl-vit/optim";

/** Options of I-JEPA. Defaults are those of the authors' `configs/in1k_vith14_ep300.yaml` (facebookresearch/ijepa). */
export interface IjepaConfig {
  /** Blocks to predict in each image. Default 4. */
  readonly targets: number;
  /** Area of a target block ÷ area of the image. Default [0.15, 0.2]. */
  readonly targetScale: readonly [number, number];
  /** Height ÷ width of a target block. Default [0.75, 1.5]. */
  readonly targetAspectRatio: readonly [number, number];
  /** Area of the block that the context is cut from ÷ area of the image. Default [0.85, 1]. */
  readonly contextScale: readonly [number, number];
  /** A context has more patches than this. Default 10. */
  readonly minKeep: number;
  /** Whether blocks reach the last row and column of patches. Default false: `src/masks/multiblock.py` never looks at them. */
  readonly wholeGrid: boolean;
  /** Which patches of a context are kept, as all have as many as the batch's smallest. Default "first", row by row: `src/masks/multiblock.py`. */
  readonly cut: "first" | "random";
  /** Width of the predictor. Default 384. */
  readonly predictorDim: number;
  /** Blocks of the predictor. Default 12. */
  readonly predictorDepth: number;
  /** Heads of the predictor; 0 = as many as the encoder has. Default 0: `src/helper.py`. */
  readonly predictorHeads: number;
  /** Share of the teacher kept at each step. Default a straight line from 0.996 to 1. */
  readonly teacherMomentum: Schedule;
  /** Share of the image's area that a crop covers. Default [0.3, 1]. */
  readonly cropScale: readonly [number, number];
}

export const defaults: IjepaConfig = {
  targets: 4,
  targetScale: [0.15, 0.2],
  targetAspectRatio: [0.75, 1.5],
  contextScale: [0.85, 1],
  minKeep: 10,
  wholeGrid: false,
  cut: "first",
  predictorDim: 384,
  predictorDepth: 12,
  predictorHeads: 0,
  teacherMomentum: linear({ from: 0.996, to: 1 }),
  cropScale: [0.3, 1],
};

/** Refuses options that no image can be trained with. What depends on the grid of patches is refused when the method is made. */
export function checkConfig(config: Readonly<IjepaConfig>): void {
  const option = checkOptions("ijepa", config);
  option.whole(1, "targets", "predictorDim", "predictorDepth");
  option.whole(0, "minKeep", "predictorHeads");
  option.range("targetScale", "contextScale", "cropScale");
  option.share("teacherMomentum");
  const [low, high] = config.targetAspectRatio;
  if (!(low > 0 && low <= high && Number.isFinite(high))) option.refuse("targetAspectRatio", "two numbers with 0 < first ≤ second");
  if (!["first", "random"].includes(config.cut)) option.refuse("cut", '"first" or "random"');
  if (config.predictorDim % 4 !== 0) option.refuse("predictorDim", "a multiple of 4 (for its sin-cos positions)");
}
