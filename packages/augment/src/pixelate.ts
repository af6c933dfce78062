import type { CorruptionStrengths } from "./corruption-strengths.js";
import type { RawImage } from "./raw-image.js";
import { wholeOf } from "./region.js";
import { resample } from "./resample.js";

/** Shrunk and grown again by PIL's box filter. */
export function pixelate(image: RawImage, [share]: CorruptionStrengths["pixelate"]): RawImage {
  const shrunk = (size: number): number => Math.max(1, Math.trunc(size * share));
  const small = resample(image, wholeOf(image), { width: shrunk(image.width), height: shrunk(image.height) }, "box");
  return resample(small, wholeOf(small), image, "box");
}
