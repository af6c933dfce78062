import { type EncoderLayout, type ImageOperation, imagenetNormalization, localSide, squareSide, type ViewGroup, type ViewPolicy } from "@ssl-vit/core";
import type { SwavConfig } from "./config.js";

/** The authors' red has a deviation of 0.228, where everybody else's has 0.229 (`multicropdataset.py`). */
const normalize = { mean: imagenetNormalization.mean, std: [0.228, 0.224, 0.225] } as const;

/** Two global views and several small local ones that differ in their crops alone. Crops are bilinear, torchvision's default. */
export function swavViews(config: SwavConfig, layout: EncoderLayout): ViewPolicy {
  const side = squareSide("swav", layout);
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
  const globals = group("global", 2, side, config.globalScale);
  const locals = group("local", config.localViews, localSide(layout, side, config.localSizeRatio), config.localScale);
  return { groups: config.localViews > 0 ? [globals, locals] : [globals], normalize };
}
