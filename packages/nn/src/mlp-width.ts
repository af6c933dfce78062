/** What decides the width of a block's perceptron. */
export interface MlpWidthOptions {
  readonly dim: number;
  readonly mlpRatio: number;
  /** Default `"gelu"`. */
  readonly mlp?: "gelu" | "swiglu" | undefined;
}

/** Hidden width of a block's perceptron: dim·mlpRatio, whole; of DINOv2's SwiGLU ⅔ of that, rounded up to a multiple of 8. */
export function mlpWidth({ dim, mlpRatio, mlp = "gelu" }: MlpWidthOptions): number {
  const width = Math.floor(dim * mlpRatio);
  return mlp === "gelu" ? width : Math.floor((Math.floor((width * 2) / 3) + 7) / 8) * 8;
}
