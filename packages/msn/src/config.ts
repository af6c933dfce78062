import type { Schedule } from "@ssl-vit/core";
import { linear } from "@ssl-vit/optim";

/** Options of MSN. Defaults are those of the authors' `configs/pretrain/msn_vits16.yaml` and `src/msn_train.py`. */
export interface MsnConfig {
  /** Prototypes K. Default 1024. */
  readonly prototypes: number;
  /** Width of the projector's two hidden layers. Default 2048. */
  readonly hiddenDim: number;
  /** Size of the embedding that is compared with the prototypes. Default 256. */
  readonly outputDim: number;
  /** Cosines with the prototypes are divided by it. Default 0.1. */
  readonly temperature: number;
  /** Targets are sharpened to the power 1 ÷ it. Default 0.25, from the first step to the last. */
  readonly sharpenTemperature: number;
  /** Iterations of Sinkhorn-Knopp over the targets; 0 leaves them as they are. Default 3: `src/losses.py`. */
  readonly sinkhornIterations: number;
  /** Weight of ln K − entropy of the mean prediction, which keeps all prototypes in use. Default 1: `memax_weight`. */
  readonly meanEntropyWeight: number;
  /** Share of the teacher kept at each step. Default a line from 0.996 towards 1 that is four fifths done when the run ends (`msn_train.py`). */
  readonly teacherMomentum: Schedule;
  /** Share of the random view's patches that the student does not see, in [0, 1). Default 0.15; larger encoders bear more. */
  readonly patchDrop: number;
  /** Focal views per image; 0 = none. Default 10. */
  readonly focalViews: number;
  /** Side of a focal view ÷ side of the others, rounded to whole patches. Default 96 / 224. */
  readonly focalSizeRatio: number;
  /** Share of the image's area in the target view and the random view. Default [0.3, 1]: `src/data_manager.py`. */
  readonly randomScale: readonly [number, number];
  /** Share of the image's area in a focal view. Default [0.05, 0.3]: `src/data_manager.py`. */
  readonly focalScale: readonly [number, number];
  /** Strength s of the color jitter (0.8s, 0.8s, 0.8s, 0.2s). Default 0.5. */
  readonly jitterStrength: number;
  /** Whether views are blurred with probability 0.5. Default true; small images are better left sharp. */
  readonly blur: boolean;
}

export const defaults: MsnConfig = {
  prototypes: 1024,
  hiddenDim: 2048,
  outputDim: 256,
  temperature: 0.1,
  sharpenTemperature: 0.25,
  sinkhornIterations: 3,
  meanEntropyWeight: 1,
  teacherMomentum: linear({ from: 0.996, to: 1, stretch: 1.25 }),
  patchDrop: 0.15,
  focalViews: 10,
  focalSizeRatio: 96 / 224,
  randomScale: [0.3, 1],
  focalScale: [0.05, 0.3],
  jitterStrength: 0.5,
  blur: true,
};
