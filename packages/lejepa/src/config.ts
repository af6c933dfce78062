/** Options of LeJEPA. Defaults are the "GOTO hyperparameters" of the authors' README, unless said otherwise. */
export interface LejepaConfig {
  /** Weight λ of SIGReg, in [0, 1]; the views' agreement has 1 − λ. Default 0.05: lightly's LeJEPALoss; 0.02 in `MINIMAL.md`. */
  readonly sigregWeight: number;
  /** Random directions along which embeddings are compared with a normal distribution, drawn anew for each step. Default 1024; 256 in `MINIMAL.md`. */
  readonly directions: number;
  /** Frequencies from 0 to 3 at which characteristic functions are compared. Default 17. */
  readonly knots: number;
  /** Width of the projector's two hidden layers. Default 2048: `MINIMAL.md`. */
  readonly hiddenDim: number;
  /** Size of the compared embedding. Default 128: `MINIMAL.md`, whose run on Imagenette has 16. */
  readonly outputDim: number;
  /** Global views per image; their mean is what every view shall be near. Default 2; 4 and no local ones in `MINIMAL.md`. */
  readonly globalViews: number;
  /** Local views per image. Default 6. */
  readonly localViews: number;
  /** Side of a local view ÷ side of a global one, rounded to whole patches. Default 98 / 224. */
  readonly localSizeRatio: number;
  /** Share of the image's area in a global view. Default [0.3, 1]; [0.08, 1] in `MINIMAL.md`. */
  readonly globalScale: readonly [number, number];
  /** Share of the image's area in a local view. Default [0.05, 0.3]. */
  readonly localScale: readonly [number, number];
  /** Color jitter: brightness, contrast, saturation, hue. Default [0.4, 0.4, 0.2, 0.1]; [0.8, 0.8, 0.8, 0.2] in `MINIMAL.md`. */
  readonly jitter: readonly [number, number, number, number];
  /** Whether views are blurred with probability 0.5. Default true; small images are better left sharp. */
  readonly blur: boolean;
}

export const defaults: LejepaConfig = {
  sigregWeight: 0.05,
  directions: 1024,
  knots: 17,
  hiddenDim: 2048,
  outputDim: 128,
  globalViews: 2,
  localViews: 6,
  localSizeRatio: 98 / 224,
  globalScale: [0.3, 1],
  localScale: [0.05, 0.3],
  jitter: [0.4, 0.4, 0.2, 0.1],
  blur: true,
};
