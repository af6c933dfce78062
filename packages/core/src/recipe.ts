/** How the parameters are updated, as plain data. `@ssl-vit/optim` turns it into an optimizer. */
export interface OptimizerRecipe {
  readonly name: "adamw" | "sgd";
  /** Peak rate for `learningRateBatch` images a step; scaled linearly with the batch size. */
  readonly learningRate: number;
  /** Batch size that `learningRate` is for (256 in most papers, 512 in SimMIM); 0 = never scaled. Default 256. */
  readonly learningRateBatch?: number;
  /** Rate at the end of the cosine, not scaled. Default 0. */
  readonly minLearningRate?: number;
  /** Linear warm-up from 0. Default 0. */
  readonly warmupEpochs?: number;
  readonly weightDecay: number;
  /** Where weight decay ends (cosine from `weightDecay`). Default: constant. */
  readonly weightDecayEnd?: number;
  /** Whether biases, norms and other 1-D parameters are decayed as well. Default false; MoCo v3 does. */
  readonly decayBiasAndNorm?: boolean;
  /** AdamW. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** SGD. Default 0.9. */
  readonly momentum?: number;
  /** Largest gradient norm; 0 or absent = no clipping. */
  readonly clipNorm?: number;
  /** Norm over all parameters together (PyTorch's habit) or tensor by tensor (DINO's code). Default `"global"`. */
  readonly clipMode?: "global" | "per-tensor";
}

/** A recipe with a name: the paper's, with its published result, or a small one for a laptop. */
export interface Preset<Config> {
  readonly description: string;
  /** What the authors report for it, and where. */
  readonly published?: { readonly result: string; readonly source: string };
  /** Options of the encoder (`size`, `patchSize`, …). */
  readonly model: Readonly<Record<string, unknown>>;
  readonly method: Partial<Config>;
  readonly optimizer: OptimizerRecipe;
  readonly imageSize: number;
  readonly batchSize: number;
  readonly epochs: number;
}
