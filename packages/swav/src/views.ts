import { cropAndColor, jitterOf } from "@ssl-vit/augment";
import { type EncoderLayout, imagenetNormalization, localSide, squareSide, type ViewGroup, type ViewPolicy } from "@ssl-vit/core";
import type { SwavConfig } from "./config.js";

/** The authors' red has a deviation of 0.228, where everybody else's has 0.229 (`multicropdataset.py`). */
const normalize = { mean: imagenetNormalization.mean, std: [0.228, 0.224, 0.225] } as const;

/** Two global views and several small local ones that differ in their crops alone. Crops are bilinear, torchvision's default. */
export function swavViews(config: SwavConfig, layout: EncoderLayout): ViewPolicy {
  const side = squareSide("swav", layout);
  const group = (name: string, count: number, size: number, scale: readonly [number, number]): ViewGroup => ({
    name,
    count,
    size,
    operations: cropAndColor({ scale, interpolation: "bilinear", jitter: jitterOf(config.jitterStrength), blur: config.blur ? 0.5 : 0 }),
  });
  const globals = group("global", 2, side, config.globalScale);
  const locals = group("local", config.localViews, localSide(layout, side, config.localSizeRatio), config.localScale);
  return { groups: config.localViews > 0 ? [globals, locals] : [globals], normalize };
}
