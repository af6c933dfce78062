import type { Schedule } from "@ssl-vit/core";
import { cosine } from "@ssl-vit/optim";

/** Options of BYOL. Defaults are those of the authors' 1000 epochs (`configs/byol.py` of google-deepmind/deepmind-research, byol). */
export interface ByolConfig {
  /** Width of the hidden layers of projector and predictor. Default 4096. */
  readonly hiddenDim: number;
  /** Size of the compared embedding. Default 256. */
  readonly outputDim: number;
  /**
   * Share of the teacher kept at each step. Default half a cosine from 0.996 to 1 (`schedules.py`, target_ema). Shorter runs of the authors
   * start at 0.99 (100 and 300 epochs) and 0.97 (40).
   */
  readonly teacherMomentum: Schedule;
  /** Share of the image's area that a crop covers. Default [0.08, 1]: `dataset.py`. */
  readonly cropScale: readonly [number, number];
  /** Whether views are blurred. Default true: `augmentations.py`. */
  readonly blur: boolean;
}

export const defaults: ByolConfig = {
  hiddenDim: 4096,
  outputDim: 256,
  teacherMomentum: cosine({ from: 0.996, to: 1 }),
  cropScale: [0.08, 1],
  blur: true,
};
