/** Options of SwAV. Defaults are those of the authors' `main_swav.py` and their multi-crop scripts. */
export interface SwavConfig {
  /** Prototypes K. Default 3000; at most the images that are shared out among them, batch plus queue. */
  readonly prototypes: number;
  /** Width of the projector's hidden layer. Default 2048: `--hidden_mlp`. */
  readonly hiddenDim: number;
  /** Size of the normalised embedding. Default 128: `--feat_dim`. */
  readonly outputDim: number;
  /** Softmax temperature of the predicted assignment. Default 0.1. */
  readonly temperature: number;
  /** Softness of the assignment that is predicted: scores are divided by it before Sinkhorn-Knopp. Default 0.05. */
  readonly epsilon: number;
  /** Iterations of Sinkhorn-Knopp. Default 3. */
  readonly sinkhornIterations: number;
  /** Steps at the start in which the prototypes are not updated. Default 313, an epoch of the authors'; 5005 with their batch of 256. */
  readonly freezePrototypesSteps: number;
  /** Earlier images that are assigned beside the batch's: a whole number of batches, 0 = none. Default 0; 3840 for the authors' batch of 256. */
  readonly queueLength: number;
  /** Epoch from which the queue fills; it is used once it is full. Default 15: `--epoch_queue_starts`. */
  readonly queueStartEpoch: number;
  /** Local views per image; 0 switches multi-crop off. Default 6. */
  readonly localViews: number;
  /** Side of a local view ÷ side of a global one, rounded to whole patches. Default 96 / 224. */
  readonly localSizeRatio: number;
  /** Share of the image's area in a global view. Default [0.14, 1]. */
  readonly globalScale: readonly [number, number];
  /** Share of the image's area in a local view. Default [0.05, 0.14]. */
  readonly localScale: readonly [number, number];
  /** Strength s of the color jitter (0.8s, 0.8s, 0.8s, 0.2s). Default 1: `multicropdataset.py`. */
  readonly jitterStrength: number;
  /** Whether views are blurred with probability 0.5. Default true; small images are better left sharp. */
  readonly blur: boolean;
}

export const defaults: SwavConfig = {
  prototypes: 3000,
  hiddenDim: 2048,
  outputDim: 128,
  temperature: 0.1,
  epsilon: 0.05,
  sinkhornIterations: 3,
  freezePrototypesSteps: 313,
  queueLength: 0,
  queueStartEpoch: 15,
  localViews: 6,
  localSizeRatio: 96 / 224,
  globalScale: [0.14, 1],
  localScale: [0.05, 0.14],
  jitterStrength: 1,
  blur: true,
};
