/** Options of SimSiam. Defaults are those of `main_simsiam.py` of facebookresearch/simsiam. */
export interface SimsiamConfig {
  /** Width of the projector's hidden layers; 0 = the encoder's embedding size. Default 0: `simsiam/builder.py`. */
  readonly hiddenDim: number;
  /** Size of the compared embedding. Default 2048: `--dim`. */
  readonly outputDim: number;
  /** Width of the predictor's bottleneck. Default 512, a quarter of `outputDim`: `--pred-dim`. */
  readonly predictorDim: number;
  /** Share of the image's area that a crop covers. Default [0.2, 1]: `main_simsiam.py`. */
  readonly cropScale: readonly [number, number];
  /** Whether views are blurred with probability 0.5. Default true: `main_simsiam.py`. */
  readonly blur: boolean;
}

export const defaults: SimsiamConfig = {
  hiddenDim: 0,
  outputDim: 2048,
  predictorDim: 512,
  cropScale: [0.2, 1],
  blur: true,
};
