import { cropAndColor, jitterOf } from "@ssl-vit/augment";
import { type EncoderLayout, imagenetNormalization, localSide, squareSide, type ViewGroup, type ViewPolicy } from "@ssl-vit/core";
import type { MsnConfig } from "./config.js";

/**
 * One view for the teacher, one whose patches are dropped, several small ones; they differ in their crops alone (`data_manager.py`). Crops are
 * bilinear, torchvision's default.
 */
export function msnViews(config: MsnConfig, layout: EncoderLayout): ViewPolicy {
  const side = squareSide("msn", layout);
  const group = (name: string, count: number, size: number, scale: readonly [number, number]): ViewGroup => ({
    name,
    count,
    size,
    operations: cropAndColor({ scale, interpolation: "bilinear", jitter: jitterOf(config.jitterStrength), blur: config.blur ? 0.5 : 0 }),
  });
  const large = ["target", "random"].map((name) => group(name, 1, side, config.randomScale));
  const focal = group("focal", config.focalViews, localSide(layout, side, config.focalSizeRatio), config.focalScale);
  return { groups: config.focalViews > 0 ? [...large, focal] : large, normalize: imagenetNormalization };
}
