import type { Float } from "./axes.js";

/** Scores of rows against alternatives, of which the loss wants each row to choose: prototypes, or the images of the batch (contrastive losses). */
export interface ScoredAlternatives {
  readonly kind: "prototypes" | "images";
  /** [R, K] before the temperature; what the loss takes off before it (a center) is off. */
  readonly scores: Float<"R K">;
  /** What the loss divides them by; NaN where it takes them another way. */
  readonly temperature: number;
  /** [R, K] what the loss makes of the scores; rows sum to 1. */
  readonly probabilities: Float<"R K">;
}

/** Patches that a decoder or a predictor tells, and what they are. */
export interface PredictedPatches {
  /** What a patch is: values of its pixels, or what a teacher makes of it. How much to mask is a question of the first. */
  readonly of: "pixels" | "features";
  /** [B, P, D] */
  readonly prediction: Float<"B P D">;
  /** [B, P, D], as the loss compares it: normalised patch by patch where the loss does so. */
  readonly target: Float<"B P D">;
  /** [B, P], 1 = predicted, 0 = seen. */
  readonly mask: Float<"B P">;
}

/**
 * What a method shows of itself on a batch, for `@ssl-vit/diagnose`: the parts that its loss has. Whoever asked owns the tensors.
 * Row i of everything [B, …] is image i of the batch.
 */
export interface DiagnosticSignals {
  /** What the student makes of whole views, one [B, D] a view, all in the same way, as near to the loss as that allows: a projector's output, a bottleneck's. */
  readonly embeddings?: readonly Float<"B D">[];
  /** What a teacher, or the student behind a stop-gradient, gives as targets for some views, [B, D] each. */
  readonly targets?: readonly Float<"B D">[];
  /** What the student says. Row r of `student` and of `teacher` are of one image, and of two views that the loss compares where it compares views. */
  readonly student?: ScoredAlternatives;
  /** What it is to say. */
  readonly teacher?: ScoredAlternatives;
  readonly patches?: PredictedPatches;
  /** The loss of a batch of so many images when what the student says tells nothing of the image: ln K. */
  readonly uninformedLoss?: (images: number) => number;
}
