import { checkOptions, type Schedule } from "@ssl-vit/core";

/** Options of CMAE. Defaults are those of the authors' `configs/pre-training/cmae/cmae_vit-base-p16_32xb128-coslr-1600e_in1k.py`. */
export interface CmaeConfig {
  /** Share of an image's squares that the student does not see. Default 0.65. */
  readonly maskRatio: number;
  /** Side of these squares, in patches: it divides the grid. Default 2 (`cmae_vit.py`, random_masking); 1 masks patch by patch. */
  readonly maskUnit: number;
  /** Width of both decoders. Default 512. */
  readonly decoderDim: number;
  /** Heads of both decoders. Default 16. */
  readonly decoderHeads: number;
  /** Blocks of the decoder that predicts pixels. Default 8. */
  readonly pixelDecoderDepth: number;
  /** Blocks of the decoder that predicts features. Default 2. */
  readonly featureDecoderDepth: number;
  /** Width of the hidden layers of projector and predictor. Default 1536. */
  readonly hiddenDim: number;
  /** Size of the compared embedding. Default 256. */
  readonly outputDim: number;
  /** Cosine similarities are divided by it. Default 0.07. */
  readonly temperature: number;
  /** Weight of the contrastive loss, which is 2·temperature times the cross-entropy. Default 1: `ct_weight`. */
  readonly contrastiveWeight: number;
  /** Weight of the squared error of the pixels. Default 1: `rc_weight`. */
  readonly reconstructionWeight: number;
  /** Share of the teacher kept at each step. Default 0.996 from first to last: every config sets `end_momentum` to where it starts. */
  readonly teacherMomentum: Schedule;
  /** Largest shift of the teacher's view ÷ its side, rounded to whole pixels. Default 31 / 224. */
  readonly maxShiftRatio: number;
  /** Share of the image's area in the crop that both views come from. Default [0.2, 1]. */
  readonly cropScale: readonly [number, number];
  /** Whether the teacher's view is blurred with probability 0.5. Default true (`cmae_dataset.py`); small images are better left sharp. */
  readonly blur: boolean;
}

export const defaults: CmaeConfig = {
  maskRatio: 0.65,
  maskUnit: 2,
  decoderDim: 512,
  decoderHeads: 16,
  pixelDecoderDepth: 8,
  featureDecoderDepth: 2,
  hiddenDim: 1536,
  outputDim: 256,
  temperature: 0.07,
  contrastiveWeight: 1,
  reconstructionWeight: 1,
  teacherMomentum: 0.996,
  maxShiftRatio: 31 / 224,
  cropScale: [0.2, 1],
  blur: true,
};

/** Refuses options that no image can be trained with. */
export function checkConfig(config: Readonly<CmaeConfig>): void {
  const option = checkOptions("cmae", config);
  option.innerShare("maskRatio");
  option.whole(1, "maskUnit", "decoderDim", "decoderHeads", "pixelDecoderDepth", "featureDecoderDepth", "hiddenDim", "outputDim");
  option.positive("temperature");
  option.atLeast(0, "contrastiveWeight", "reconstructionWeight");
  option.share("teacherMomentum", "maxShiftRatio");
  option.range("cropScale");
  if (config.decoderDim % config.decoderHeads !== 0) option.refuse("decoderHeads", `a divisor of decoderDim ${config.decoderDim}`);
  if (config.decoderDim % 4 !== 0) option.refuse("decoderDim", "a multiple of 4 (for its sin-cos positions)");
}
