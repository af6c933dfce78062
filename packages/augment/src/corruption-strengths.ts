/**
 * Strengths of the corruptions: what the severities 1 to 5 mean.
 *
 * Source: `make_imagenet_c.py` and `make_cifar_c.py` in ImageNet-C/create_c of https://github.com/hendrycks/robustness.
 */
import type { CorruptionName, CorruptionScale } from "@ssl-vit/core";

/** The numbers of each corruption. Values of pixels are 0 to 1, lengths are in pixels. */
export interface CorruptionStrengths {
  readonly "gaussian-noise": readonly [deviation: number];
  /** Photons that make a white pixel. */
  readonly "shot-noise": readonly [photons: number];
  /** Share of the values that turn black or white. */
  readonly "impulse-noise": readonly [share: number];
  /** Relative to the value. */
  readonly "speckle-noise": readonly [deviation: number];
  /** `softening`: σ of the Gaussian that smooths the disk's edge. */
  readonly "defocus-blur": readonly [radius: number, softening: number];
  readonly "glass-blur": readonly [sigma: number, distance: number, rounds: number];
  readonly "motion-blur": readonly [radius: number, sigma: number];
  /** Magnifications 1, 1 + step, … below `end`. */
  readonly "zoom-blur": readonly [end: number, step: number];
  /** `decay`: the height map's roughness shrinks by it when the scale halves. */
  readonly fog: readonly [thickness: number, decay: number];
  readonly brightness: readonly [added: number];
  readonly contrast: readonly [factor: number];
  /** `shift`: of the three corners of the affine map, at most. */
  readonly "elastic-transform": readonly [displacement: number, sigma: number, shift: number];
  /** Of the side that is kept. */
  readonly pixelate: readonly [share: number];
  readonly "gaussian-blur": readonly [sigma: number];
  readonly saturate: readonly [factor: number, added: number];
}

type Five<Strength> = readonly [Strength, Strength, Strength, Strength, Strength];

type Strengths = { readonly [Name in CorruptionName]: Five<CorruptionStrengths[Name]> };

const imagenet: Strengths = {
  "gaussian-noise": [[0.08], [0.12], [0.18], [0.26], [0.38]],
  "shot-noise": [[60], [25], [12], [5], [3]],
  "impulse-noise": [[0.03], [0.06], [0.09], [0.17], [0.27]],
  "speckle-noise": [[0.15], [0.2], [0.35], [0.45], [0.6]],
  "defocus-blur": [[3, 0.1], [4, 0.5], [6, 0.5], [8, 0.5], [10, 0.5]],
  "glass-blur": [[0.7, 1, 2], [0.9, 2, 1], [1, 2, 3], [1.1, 3, 2], [1.5, 4, 2]],
  "motion-blur": [[10, 3], [15, 5], [15, 8], [15, 12], [20, 15]],
  "zoom-blur": [[1.11, 0.01], [1.16, 0.01], [1.21, 0.02], [1.26, 0.02], [1.31, 0.03]],
  fog: [[1.5, 2], [2, 2], [2.5, 1.7], [2.5, 1.5], [3, 1.4]],
  brightness: [[0.1], [0.2], [0.3], [0.4], [0.5]],
  contrast: [[0.4], [0.3], [0.2], [0.1], [0.05]],
  // 244 is upstream's, for images of 224.
  "elastic-transform": [
    [244 * 2, 244 * 0.7, 244 * 0.1],
    [244 * 2, 244 * 0.08, 244 * 0.2],
    [244 * 0.05, 244 * 0.01, 244 * 0.02],
    [244 * 0.07, 244 * 0.01, 244 * 0.02],
    [244 * 0.12, 244 * 0.01, 244 * 0.02],
  ],
  pixelate: [[0.6], [0.5], [0.4], [0.3], [0.25]],
  "gaussian-blur": [[1], [2], [3], [4], [6]],
  saturate: [[0.3, 0], [0.1, 0], [2, 0], [5, 0.1], [20, 0.2]],
};

const cifar: Strengths = {
  "gaussian-noise": [[0.04], [0.06], [0.08], [0.09], [0.1]],
  "shot-noise": [[500], [250], [100], [75], [50]],
  "impulse-noise": [[0.01], [0.02], [0.03], [0.05], [0.07]],
  "speckle-noise": [[0.06], [0.1], [0.12], [0.16], [0.2]],
  "defocus-blur": [[0.3, 0.4], [0.4, 0.5], [0.5, 0.6], [1, 0.2], [1.5, 0.1]],
  "glass-blur": [[0.05, 1, 1], [0.25, 1, 1], [0.4, 1, 1], [0.25, 1, 2], [0.4, 1, 2]],
  "motion-blur": [[6, 1], [6, 1.5], [6, 2], [8, 2], [9, 2.5]],
  "zoom-blur": [[1.06, 0.01], [1.11, 0.01], [1.16, 0.01], [1.21, 0.01], [1.26, 0.01]],
  fog: [[0.2, 3], [0.5, 3], [0.75, 2.5], [1, 2], [1.5, 1.75]],
  brightness: [[0.05], [0.1], [0.15], [0.2], [0.3]],
  contrast: [[0.75], [0.5], [0.4], [0.3], [0.15]],
  "elastic-transform": [
    [0, 0, 32 * 0.08],
    [32 * 0.05, 32 * 0.2, 32 * 0.07],
    [32 * 0.08, 32 * 0.06, 32 * 0.06],
    [32 * 0.1, 32 * 0.04, 32 * 0.05],
    [32 * 0.1, 32 * 0.03, 32 * 0.03],
  ],
  pixelate: [[0.95], [0.9], [0.85], [0.75], [0.65]],
  "gaussian-blur": [[0.4], [0.6], [0.7], [0.8], [1]],
  saturate: [[0.3, 0], [0.1, 0], [1.5, 0], [2, 0.1], [2.5, 0.2]],
};

export const corruptionStrengths: Readonly<Record<CorruptionScale, Strengths>> = { imagenet, cifar };
