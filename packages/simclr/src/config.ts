/** Options of SimCLR. */
export interface SimclrConfig {
  /** Softmax temperature of NT-Xent. Default 0.1: `run.py`; the CIFAR-10 recipe of the authors' README uses 0.5. */
  readonly temperature: number;
  /** Width of the projector's hidden layers; 0 = the encoder's embedding size. Default 0: `model_util.py`. */
  readonly hiddenDim: number;
  /** Size of the compared embedding. Default 128: `run.py`. */
  readonly outputDim: number;
  /** Linear layers of the projector. Default 3: `run.py` (SimCLR v2; v1 had 2). */
  readonly projectorLayers: number;
  /** Strength s of the color jitter (0.8s, 0.8s, 0.8s, 0.2s). Default 1: `data_util.py`; 0.5 for CIFAR-10. */
  readonly jitterStrength: number;
  /** Whether views are blurred with probability 0.5. Default true: `data_util.py`; false for CIFAR-10. */
  readonly blur: boolean;
  /** Share of the image's area that a crop covers. Default [0.08, 1]: `data_util.py`. */
  readonly cropScale: readonly [number, number];
}

export const defaults: SimclrConfig = {
  temperature: 0.1,
  hiddenDim: 0,
  outputDim: 128,
  projectorLayers: 3,
  jitterStrength: 1,
  blur: true,
  cropScale: [0.08, 1],
};
