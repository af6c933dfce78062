import type { ImageOperation } from "@ssl-vit/core";

/** Options of {@link cropAndColor}. */
export interface CropAndColorOptions {
  /** Share of the image's area in the crop. */
  readonly scale: readonly [number, number];
  readonly interpolation: "bicubic" | "bilinear";
  /** Of the color jitter, which four views in five have. */
  readonly jitter: readonly [brightness: number, contrast: number, saturation: number, hue: number];
  /** How often the view is blurred; 0 = never. */
  readonly blur: number;
  /** How often it is solarized; 0 = never. */
  readonly solarize?: number;
}

/** The operations that SimCLR put together (Chen et al., https://arxiv.org/abs/2002.05709, appendix A) and most methods that compare views have. */
export function cropAndColor({ scale, interpolation, jitter: [brightness, contrast, saturation, hue], blur, solarize = 0 }: CropAndColorOptions): ImageOperation[] {
  const operations: ImageOperation[] = [
    { kind: "randomResizedCrop", scale, interpolation },
    { kind: "horizontalFlip", probability: 0.5 },
    { kind: "colorJitter", brightness, contrast, saturation, hue, probability: 0.8 },
    { kind: "grayscale", probability: 0.2 },
  ];
  if (blur > 0) operations.push({ kind: "gaussianBlur", sigma: [0.1, 2], probability: blur });
  if (solarize > 0) operations.push({ kind: "solarize", threshold: 128, probability: solarize });
  return operations;
}

/** SimCLR's jitter of a strength s: 0.8s, 0.8s, 0.8s, 0.2s. */
export const jitterOf = (strength: number): CropAndColorOptions["jitter"] => [0.8 * strength, 0.8 * strength, 0.8 * strength, 0.2 * strength];
