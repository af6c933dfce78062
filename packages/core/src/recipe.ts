/** What is different for some parameters. Factors multiply the recipe's own rates. */
export interface ParameterGroup {
  /** How its parameters' names begin (`"predictor."`), or `"bias-and-norm"`: all biases, norms and other vectors. */
  readonly match: string;
  /** Times the learning rate, and times `layerDecay`'s factor. Default 1. */
  readonly learningRateFactor?: number;
  /** Times the weight decay, which stays 0 for what is not decayed. Default 1. */
  readonly weightDecayFactor?: number;
  /** Keeps the peak rate from the first step to the last: no warm-up, no decrease (SimSiam's predictor). Default false. */
  readonly constantLearningRate?: boolean;
  /** Leaves these gradients out of clipping: neither shortened nor part of the norm (MSN's prototypes). Default false. */
  readonly unclipped?: boolean;
}

/** How the parameters are updated, as plain data. `@ssl-vit/optim` turns it into an optimizer. */
export interface OptimizerRecipe {
  readonly name: "adamw" | "sgd" | "lars" | "lamb";
  /** Peak rate for `learningRateBatch` images a step; scaled with the batch size. */
  readonly learningRate: number;
  /** Batch size that `learningRate` is for (256 in most papers, 512 in SimMIM); 0 = never scaled. Default 256. */
  readonly learningRateBatch?: number;
  /** Scale by batchSize / learningRateBatch, or by its root (SimCLR's second rule, DINOv2). Default `"linear"`. */
  readonly learningRateRule?: "linear" | "sqrt";
  /** What follows the warm-up: half a cosine down, the peak kept, or `learningRateSteps`. Default `"cosine"`. */
  readonly learningRateSchedule?: "cosine" | "constant" | "step";
  /** With `"step"`: the epochs from which the rate is multiplied by `learningRateStepFactor`, once more each; [700] in SimMIM. */
  readonly learningRateSteps?: readonly number[];
  /** With `"step"`. Default 0.1. */
  readonly learningRateStepFactor?: number;
  /** Rate at the end of the cosine, not scaled. Default 0. */
  readonly minLearningRate?: number;
  /** Rate at the end of the cosine as a share of the peak, in place of `minLearningRate`; 0.001 in Barlow Twins. */
  readonly minLearningRateShare?: number;
  /** Linear warm-up. Default 0. */
  readonly warmupEpochs?: number;
  /** Rate at the first step of the warm-up, not scaled. Default 0; 0.3 in SwAV, 2e-4 in MSN and I-JEPA. */
  readonly warmupLearningRate?: number;
  /** How many times the run's length the cosines of the learning rate and of `weightDecayEnd` last. Default 1; 1.25 in MSN. */
  readonly scheduleStretch?: number;
  readonly weightDecay: number;
  /** Where weight decay ends (cosine from `weightDecay`). Default: constant. */
  readonly weightDecayEnd?: number;
  /** Whether biases, norms and other 1-D parameters are decayed, and in LARS and LAMB adapted, as well. Default false; MoCo v3 does. */
  readonly decayBiasAndNorm?: boolean;
  /** AdamW and LAMB. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** SGD and LARS. Default 0.9. */
  readonly momentum?: number;
  /** LARS' η: update ÷ weights, in norms, at a learning rate of 1. Default 0.001. */
  readonly trustCoefficient?: number;
  /**
   * LARS: what the norm of the weights is divided by. `"joint"`: the norm of gradient plus decay (SimCLR, BYOL, Barlow Twins, VICReg);
   * `"separate"`: the sum of their norms (LARS' paper; LARC in SwAV; lightly and timm). Default `"joint"`.
   */
  readonly trustNorm?: "joint" | "separate";
  /** Largest gradient norm; 0 or absent = no clipping. */
  readonly clipNorm?: number;
  /**
   * Norm over all parameters together (PyTorch's habit), tensor by tensor (DINO's and iBOT's code), or over those whose names begin
   * with the same word (`encoder.`, `head.`: DINOv2's code). Default `"global"`.
   */
  readonly clipMode?: "global" | "per-tensor" | "per-module";
  /**
   * Rate of a layer of `encoder.*` ÷ rate of the one above it. Patch and position embedding and tokens are layer 0, block i is
   * layer i + 1, the final norm and everything outside the encoder layer depth + 1, which has the full rate. Default 1 = none.
   */
  readonly layerDecay?: number;
  /** Exceptions by name. Of several that match a parameter the first counts. */
  readonly groups?: readonly ParameterGroup[];
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
