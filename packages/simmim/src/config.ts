import { checkOptions } from "@ssl-vit/core";

/** Options of SimMIM. Defaults are those of the authors' `vit_base__800ep` (microsoft/SimMIM). */
export interface SimmimConfig {
  /** Side of the squares that are masked together, in patches; divides the grid of patches. Default 2: `MASK_PATCH_SIZE` 32 px for patches of 16 px. */
  readonly maskUnit: number;
  /** Share of these squares that is masked, rounded up to whole ones. Default 0.6: `MASK_RATIO`. */
  readonly maskRatio: number;
  /** Share of the image's area that a crop covers. Default [0.67, 1]: `data/data_simmim.py`. */
  readonly cropScale: readonly [number, number];
}

export const defaults: SimmimConfig = {
  maskUnit: 2,
  maskRatio: 0.6,
  cropScale: [0.67, 1],
};

/** Refuses options that no image can be trained with. */
export function checkConfig(config: Readonly<SimmimConfig>): void {
  const option = checkOptions("simmim", config);
  option.whole(1, "maskUnit");
  option.innerShare("maskRatio");
  option.range("cropScale");
}
