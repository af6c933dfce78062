/** Options of VICReg. Defaults are those of the authors' `main_vicreg.py`. */
export interface VicregConfig {
  /** Weight of the distance between the two views' embeddings. Default 25: `--sim-coeff`. */
  readonly invarianceWeight: number;
  /** Weight of the hinge that keeps each dimension's deviation at 1, averaged over the two views. Default 25: `--std-coeff`. */
  readonly varianceWeight: number;
  /** Weight of the covariances between dimensions, summed over the two views. Default 1: `--cov-coeff`. */
  readonly covarianceWeight: number;
  /** Width of the expander's hidden layers. Default 8192: `--mlp`. */
  readonly hiddenDim: number;
  /** Size of the compared embedding; the loss makes a matrix of its square. Default 8192: `--mlp`. */
  readonly outputDim: number;
  /** Linear layers of the expander. Default 3: `--mlp`. */
  readonly projectorLayers: number;
  /** Whether views are blurred: the first always, the second one time in ten. Default true; small images are better left sharp. */
  readonly blur: boolean;
  /** Share of the image's area that a crop covers. Default [0.08, 1]: torchvision's own, which `augmentations.py` leaves alone. */
  readonly cropScale: readonly [number, number];
}

export const defaults: VicregConfig = {
  invarianceWeight: 25,
  varianceWeight: 25,
  covarianceWeight: 1,
  hiddenDim: 8192,
  outputDim: 8192,
  projectorLayers: 3,
  blur: true,
  cropScale: [0.08, 1],
};
