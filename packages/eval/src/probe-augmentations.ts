import type { ImageOperation } from "@ssl-vit/core";

/**
 * How a probe set's views differ from their image: milder than any method's training, and the same for all, so that numbers of methods can be
 * compared. A crop of at least 40 % of the area, a flip, colours up to 20 % off. Of our own, not of a paper.
 */
export const probeAugmentations: readonly ImageOperation[] = [
  { kind: "randomResizedCrop", scale: [0.4, 1] },
  { kind: "horizontalFlip", probability: 0.5 },
  { kind: "colorJitter", brightness: 0.2, contrast: 0.2, saturation: 0.2, hue: 0.05 },
];
