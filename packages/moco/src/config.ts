import type { Schedule } from "@ssl-vit/core";
import { cosine } from "@ssl-vit/optim";

/** Options of MoCo v3. Defaults are those of the authors' commands for a ViT (`README.md` and `CONFIG.md` of facebookresearch/moco-v3). */
export interface MocoConfig {
  /** Softmax temperature of InfoNCE. Default 0.2: `--moco-t=.2` of every ViT command (`main_moco.py` alone has 1.0). */
  readonly temperature: number;
  /** Width of the hidden layers of projector and predictor. Default 4096: `--moco-mlp-dim`. */
  readonly hiddenDim: number;
  /** Size of the compared embedding. Default 256: `--moco-dim`. */
  readonly outputDim: number;
  /** Share of the teacher kept at each step. Default half a cosine from 0.99 to 1: `--moco-m=0.99 --moco-m-cos`. */
  readonly teacherMomentum: Schedule;
  /** Leaves the patch embedding at its random start, which steadies a ViT. Default true: `--stop-grad-conv1` of every ViT command. */
  readonly freezePatchEmbedding: boolean;
  /** Share of the image's area that a crop covers. Default [0.08, 1]: `--crop-min`. */
  readonly cropScale: readonly [number, number];
  /** Whether views are blurred. Default true: `main_moco.py`. */
  readonly blur: boolean;
}

export const defaults: MocoConfig = {
  temperature: 0.2,
  hiddenDim: 4096,
  outputDim: 256,
  teacherMomentum: cosine({ from: 0.99, to: 1 }),
  freezePatchEmbedding: true,
  cropScale: [0.08, 1],
  blur: true,
};
