/** Options of Barlow Twins. Defaults are those of the authors' `main.py`. */
export interface BarlowTwinsConfig {
  /** Weight λ of the off-diagonal terms, those that say how redundant two dimensions are. Default 0.0051: `--lambd`. */
  readonly redundancyWeight: number;
  /** Width of the projector's hidden layers. Default 8192: `--projector`. */
  readonly hiddenDim: number;
  /** Size of the compared embedding; the loss makes a matrix of its square. Default 8192: `--projector`. */
  readonly outputDim: number;
  /** Linear layers of the projector. Default 3: `--projector`. */
  readonly projectorLayers: number;
  /** Whether views are blurred: the first always, the second one time in ten. Default true; small images are better left sharp. */
  readonly blur: boolean;
  /** Share of the image's area that a crop covers. Default [0.08, 1]: torchvision's own, which `Transform` leaves alone. */
  readonly cropScale: readonly [number, number];
}

export const defaults: BarlowTwinsConfig = {
  redundancyWeight: 0.0051,
  hiddenDim: 8192,
  outputDim: 8192,
  projectorLayers: 3,
  blur: true,
  cropScale: [0.08, 1],
};
