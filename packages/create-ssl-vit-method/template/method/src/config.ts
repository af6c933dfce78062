/** Options of my-method. Say of each what it means, in which unit, and where its default is from: the paper's table or the authors' file. */
export interface MyMethodConfig {
  /** Softmax temperature of the loss. Default 0.1. */
  readonly temperature: number;
  /** Width of the projector's hidden layers. Default 2048. */
  readonly hiddenDim: number;
  /** Size of the compared embedding. Default 128. */
  readonly outputDim: number;
  /** Whether views are blurred with probability 0.5. Default true; small images are better left sharp. */
  readonly blur: boolean;
  /** Share of the image's area that a crop covers. Default [0.2, 1]. */
  readonly cropScale: readonly [number, number];
}

export const defaults: MyMethodConfig = {
  temperature: 0.1,
  hiddenDim: 2048,
  outputDim: 128,
  blur: true,
  cropScale: [0.2, 1],
};
