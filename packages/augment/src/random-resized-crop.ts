import type { ImageOperation, Random } from "@ssl-vit/core";
import type { RawImage } from "./raw-image.js";
import type { Region } from "./region.js";
import { resample } from "./resample.js";
import { roundHalfToEven } from "./round-half-to-even.js";
import { uniformBetween, uniformBelow } from "./uniform.js";

type RandomResizedCrop = Extract<ImageOperation, { kind: "randomResizedCrop" }>;

const ATTEMPTS = 10;
const DEFAULT_RATIO = [3 / 4, 4 / 3] as const;

/** The largest middle part whose ratio is allowed: what is cut when no attempt fits. */
function middle(width: number, height: number, [narrowest, widest]: readonly [number, number]): Region {
  const cutWidth = width / height > widest ? roundHalfToEven(height * widest) : width;
  const cutHeight = width / height < narrowest ? roundHalfToEven(width / narrowest) : height;
  return { left: Math.floor((width - cutWidth) / 2), top: Math.floor((height - cutHeight) / 2), width: cutWidth, height: cutHeight };
}

/** The part to cut: a uniform share of the area, a log-uniform ratio, a uniform place (torchvision's RandomResizedCrop.get_params). */
export function drawRegion(image: RawImage, { scale, ratio = DEFAULT_RATIO }: RandomResizedCrop, random: Random): Region {
  const { width, height } = image;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const area = width * height * uniformBetween(random.derive("area", attempt), scale);
    const aspect = Math.exp(uniformBetween(random.derive("ratio", attempt), [Math.log(ratio[0]), Math.log(ratio[1])]));
    const cutWidth = roundHalfToEven(Math.sqrt(area * aspect));
    const cutHeight = roundHalfToEven(Math.sqrt(area / aspect));
    if (cutWidth < 1 || cutWidth > width || cutHeight < 1 || cutHeight > height) continue;
    return {
      left: uniformBelow(random.derive("left"), width - cutWidth + 1),
      top: uniformBelow(random.derive("top"), height - cutHeight + 1),
      width: cutWidth,
      height: cutHeight,
    };
  }
  return middle(width, height, ratio);
}

/** A random part of the image, resized to a square of the operation's size, or else of `viewSize`. */
export function randomResizedCrop(image: RawImage, operation: RandomResizedCrop, viewSize: number, random: Random): RawImage {
  const size = operation.size ?? viewSize;
  return resample(image, drawRegion(image, operation, random), { width: size, height: size }, operation.interpolation ?? "bicubic");
}
