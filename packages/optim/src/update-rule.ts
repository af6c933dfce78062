import type { Scalar, Tensor, Variable } from "@tensorflow/tfjs-core";

/** One parameter in one step. */
export interface ParameterUpdate {
  readonly parameter: Variable;
  readonly gradient: Tensor;
  /** What clipping multiplies the gradient by. */
  readonly clipFactor: Scalar | undefined;
  /** In the order of the rule's names. */
  readonly moments: readonly Variable[];
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Whether LARS and LAMB set its rate by the ratio of norms. */
  readonly adapted: boolean;
  /** Updates of this parameter, this one included: 1 for the first. */
  readonly count: number;
}

/** How a gradient becomes an update. Gets all parameters at once, so that a rule may update them in one kernel. */
export interface UpdateRule {
  /** What it remembers of each parameter, under PyTorch's names. */
  readonly moments: readonly string[];
  /** Assigns parameters and moments. Leaves no tensor behind. */
  update(updates: readonly ParameterUpdate[]): void;
}
