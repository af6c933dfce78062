/**
 * Common corruptions of Hendrycks and Dietterich, "Benchmarking neural network robustness to common corruptions and perturbations"
 * (https://arxiv.org/abs/1903.12261): twelve of the fifteen of ImageNet-C and CIFAR-10-C, then three of the four extra ones. Left out are snow, frost
 * (which needs the authors' photographs), JPEG (which needs an encoder) and spatter.
 */
export const corruptionNames = [
  "gaussian-noise",
  "shot-noise",
  "impulse-noise",
  "defocus-blur",
  "glass-blur",
  "motion-blur",
  "zoom-blur",
  "fog",
  "brightness",
  "contrast",
  "elastic-transform",
  "pixelate",
  "speckle-noise",
  "gaussian-blur",
  "saturate",
] as const;

/** One of {@link corruptionNames}. */
export type CorruptionName = (typeof corruptionNames)[number];

/** Those whose formulas are for RGB alone. */
export const colorCorruptions: readonly CorruptionName[] = ["saturate"];

/** 1 is the weakest. */
export type CorruptionSeverity = 1 | 2 | 3 | 4 | 5;

/** Whose strengths, which are in pixels for blurs: ImageNet-C's are for images of 224 pixels, CIFAR-10-C's for 32. */
export type CorruptionScale = "imagenet" | "cifar";
