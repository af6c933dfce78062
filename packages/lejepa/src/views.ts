import { type EncoderLayout, type ImageOperation, imagenetNormalization, localSide, squareSide, type ViewGroup, type ViewPolicy } from "@ssl-vit/core";
import type { LejepaConfig } from "./config.js";

/** Global and local views that differ in their crops alone (README, "Data augmentation and views"). Crops are bilinear, torchvision's default. */
export function lejepaViews(config: LejepaConfig, layout: EncoderLayout): ViewPolicy {
  const side = squareSide("lejepa", layout);
  const [brightness, contrast, saturation, hue] = config.jitter;
  const group = (name: string, count: number, size: number, scale: readonly [number, number]): ViewGroup => {
    const operations: ImageOperation[] = [
      { kind: "randomResizedCrop", scale, interpolation: "bilinear" },
      { kind: "horizontalFlip", probability: 0.5 },
      { kind: "colorJitter", brightness, contrast, saturation, hue, probability: 0.8 },
      { kind: "grayscale", probability: 0.2 },
      ...(config.blur ? [{ kind: "gaussianBlur", sigma: [0.1, 2], probability: 0.5 } as const] : []),
      { kind: "solarize", threshold: 128, probability: 0.2 },
    ];
    return { name, count, size, operations };
  };
  const globals = group("global", config.globalViews, side, config.globalScale);
  const locals = group("local", config.localViews, localSide(layout, side, config.localSizeRatio), config.localScale);
  return { groups: config.localViews > 0 ? [globals, locals] : [globals], normalize: imagenetNormalization };
}
