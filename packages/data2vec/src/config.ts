import { checkOptions, type Schedule } from "@ssl-vit/core";

/** Options of data2vec. Defaults are those of the authors' ViT-B command (facebookresearch/data2vec_vision, beit/README.md). */
export interface Data2vecConfig {
  /** Share of the patches that blocks cover at most: an image often has a few fewer. Default 120 / 196: `--num_mask_patches`. */
  readonly maskRatio: number;
  /** Last blocks of the teacher whose outputs are averaged into the target. Default 6: `--target_layers`. */
  readonly targetBlocks: number;
  /** Errors below it are squared, the others absolute. Default 2: `--l1_beta`. */
  readonly beta: number;
  /**
   * Share of the teacher kept at each step. Default 0.9998 throughout: the command's `--ema_start_at 0` switches the rise from
   * `--ema_decay_init 0.999` off (`engine_for_cyclical.py`). `linearWarmup({ from: 0.999, to: 0.9998, epochs })` is that rise.
   */
  readonly teacherMomentum: Schedule;
  /** Share of the image's area that a crop covers. Default [0.08, 1]: `transforms.py`. */
  readonly cropScale: readonly [number, number];
  /** Strength of brightness, contrast and saturation jitter; 0 = none. Default 0.4: `datasets.py`. */
  readonly colorJitter: number;
}

export const defaults: Data2vecConfig = {
  maskRatio: 120 / 196,
  targetBlocks: 6,
  beta: 2,
  teacherMomentum: 0.9998,
  cropScale: [0.08, 1],
  colorJitter: 0.4,
};

/** Refuses options that no image can be trained with. */
export function checkConfig(config: Readonly<Data2vecConfig>): void {
  const option = checkOptions("data2vec", config);
  option.innerShare("maskRatio");
  option.whole(1, "targetBlocks");
  option.positive("beta");
  option.share("teacherMomentum");
  option.range("cropScale");
  option.atLeast(0, "colorJitter");
}
