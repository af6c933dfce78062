import { cropAndColor } from "@ssl-vit/augment";
import { type EncoderLayout, imagenetNormalization, localSide, squareSide, type ViewGroup, type ViewPolicy } from "@ssl-vit/core";
import type { LejepaConfig } from "./config.js";

/** Global and local views that differ in their crops alone (README, "Data augmentation and views"). Crops are bilinear, torchvision's default. */
export function lejepaViews(config: LejepaConfig, layout: EncoderLayout): ViewPolicy {
  const side = squareSide("lejepa", layout);
  const group = (name: string, count: number, size: number, scale: readonly [number, number]): ViewGroup => ({
    name,
    count,
    size,
    operations: cropAndColor({ scale, interpolation: "bilinear", jitter: config.jitter, blur: config.blur ? 0.5 : 0, solarize: 0.2 }),
  });
  const globals = group("global", config.globalViews, side, config.globalScale);
  const locals = group("local", config.localViews, localSide(layout, side, config.localSizeRatio), config.localScale);
  return { groups: config.localViews > 0 ? [globals, locals] : [globals], normalize: imagenetNormalization };
}
