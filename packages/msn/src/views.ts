import { type EncoderLayout, type ImageOperation, imagenetNormalization, localSide, squareSide, type ViewGroup, type ViewPolicy } from "@ssl-vit/core";
import type { MsnConfig } from "./config.js";

/**
 * One view for the teacher, one whose patches are dropped, several small ones; they differ in their crops alone (`data_manager.py`). Crops are
 * bilinear, torchvision's default.
 */
export function msnViews(config: MsnConfig, layout: EncoderLayout): ViewPolicy {
  const side = squareSide("msn", layout);
  const strength = config.jitterStrength;
  const group = (name: string, count: number, size: number, scale: readonly [number, number]): ViewGroup => {
    const operations: ImageOperation[] = [
      { kind: "randomResizedCrop", scale, interpolation: "bilinear" },
      { kind: "horizontalFlip", probability: 0.5 },
      { kind: "colorJitter", brightness: 0.8 * strength, contrast: 0.8 * strength, saturation: 0.8 * strength, hue: 0.2 * strength, probability: 0.8 },
      { kind: "grayscale", probability: 0.2 },
      ...(config.blur ? [{ kind: "gaussianBlur", sigma: [0.1, 2], probability: 0.5 } as const] : []),
    ];
    return { name, count, size, operations };
  };
  const large = ["target", "random"].map((name) => group(name, 1, side, config.randomScale));
  const focal = group("focal", config.focalViews, localSide(layout, side, config.focalSizeRatio), config.focalScale);
  return { groups: config.focalViews > 0 ? [...large, focal] : large, normalize: imagenetNormalization };
}
