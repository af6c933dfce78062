/** Weights that a run's encoders start from. */
export interface InitialWeights {
  /** Where they lie. */
  readonly location: string;
  /** Tells them from others, wherever they lie. */
  readonly fingerprint: string;
}
