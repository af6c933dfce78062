import { checkOptions } from "@ssl-vit/core";

/** Options of masked autoencoders. Defaults are those of the authors' `mae_vit_base_patch16` and PRETRAIN.md. */
export interface MaeConfig {
  /** Share of the patches that the encoder does not see. Default 0.75. */
  readonly maskRatio: number;
  /** Width of the decoder. Default 512. */
  readonly decoderDim: number;
  /** Blocks of the decoder. Default 8. */
  readonly decoderDepth: number;
  /** Heads of the decoder. Default 16. */
  readonly decoderHeads: number;
  /** Hidden width of the decoder's MLPs ÷ decoderDim. Default 4. */
  readonly decoderMlpRatio: number;
  /** Whether each target patch is normalised by its own mean and variance. Default true, as in every recipe of PRETRAIN.md. */
  readonly normalizeTarget: boolean;
  /** Share of the image's area that a crop covers. Default [0.2, 1]: `main_pretrain.py`. */
  readonly cropScale: readonly [number, number];
}

export const defaults: MaeConfig = {
  maskRatio: 0.75,
  decoderDim: 512,
  decoderDepth: 8,
  decoderHeads: 16,
  decoderMlpRatio: 4,
  normalizeTarget: true,
  cropScale: [0.2, 1],
};

/** Refuses options that no image can be trained with. */
export function checkConfig(config: Readonly<MaeConfig>): void {
  const option = checkOptions("mae", config);
  option.innerShare("maskRatio");
  option.whole(1, "decoderDim", "decoderDepth", "decoderHeads");
  option.positive("decoderMlpRatio");
  option.range("cropScale");
  if (config.decoderDim % config.decoderHeads !== 0) option.refuse("decoderHeads", `a divisor of decoderDim ${config.decoderDim}`);
  if (config.decoderDim % 4 !== 0) option.refuse("decoderDim", "a multiple of 4 (for its sin-cos positions)");
}
