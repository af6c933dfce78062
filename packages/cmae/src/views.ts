import { imagenetNormalization, type ImageOperation, type ViewPolicy } from "@ssl-vit/core";
import type { CmaeConfig } from "./config.js";

/**
 * Two views of one mirrored or unmirrored crop (`cmae_dataset.py`, processing.py's ShiftPixel): the student's is its upper left corner, the
 * teacher's is moved by a few pixels, and changes color.
 */
export function cmaeViews({ cropScale, maxShiftRatio, blur }: CmaeConfig, imageSize: number): ViewPolicy {
  const maxShift = Math.round(imageSize * maxShiftRatio);
  const shifted = (most: number): ImageOperation[] => [
    // One pixel more than the largest shift needs: 256 for 224 and 31.
    { kind: "randomResizedCrop", scale: cropScale, interpolation: "bicubic", size: imageSize + maxShift + 1, shared: true },
    { kind: "horizontalFlip", probability: 0.5, shared: true },
    { kind: "shiftedCrop", maxShift: most },
  ];
  const target: ImageOperation[] = [
    ...shifted(maxShift),
    { kind: "colorJitter", brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1, probability: 0.8 },
    { kind: "grayscale", probability: 0.2 },
    ...(blur ? [{ kind: "gaussianBlur", sigma: [0.1, 2], probability: 0.5 } as const] : []),
  ];
  const group = (name: string, operations: readonly ImageOperation[]) => ({ name, count: 1, size: imageSize, operations });
  return { groups: [group("masked", shifted(0)), group("target", target)], normalize: imagenetNormalization };
}
