/**
 * Widths and depths by name. `tiny` and `small` are DeiT's (arXiv 2012.12877), `base` to `huge` those of the Vision Transformer's paper
 * (arXiv 2010.11929), all as timm has them. `pico`, `nano` and `micro` are this project's, for images of 28 to 64 pixels on a CPU.
 */
export const vitSizes = {
  /** 0.3 million parameters. */
  pico: { embedDim: 64, depth: 6, numHeads: 2, mlpRatio: 4 },
  /** 0.9 million. */
  nano: { embedDim: 96, depth: 8, numHeads: 3, mlpRatio: 4 },
  /** 2 million. */
  micro: { embedDim: 128, depth: 10, numHeads: 4, mlpRatio: 4 },
  /** 5.4 million. */
  tiny: { embedDim: 192, depth: 12, numHeads: 3, mlpRatio: 4 },
  /** 21 million. */
  small: { embedDim: 384, depth: 12, numHeads: 6, mlpRatio: 4 },
  /** 85 million. */
  base: { embedDim: 768, depth: 12, numHeads: 12, mlpRatio: 4 },
  /** 302 million. */
  large: { embedDim: 1024, depth: 24, numHeads: 16, mlpRatio: 4 },
  /** 630 million. */
  huge: { embedDim: 1280, depth: 32, numHeads: 16, mlpRatio: 4 },
} as const;

/** A name in `vitSizes`. */
export type VitSize = keyof typeof vitSizes;
