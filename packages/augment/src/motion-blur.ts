/**
 * Formula: ImageMagick's MotionBlurImage: half a bell of σ pixels along a line, 2 · radius + 1 steps long, each step to the nearest pixel; the edge is repeated.
 * Rounded to the nearest level, as it does.
 */
import type { Random } from "@ssl-vit/core";
import { addShifted } from "./add-shifted.js";
import { borderPosition } from "./border-position.js";
import type { CorruptionStrengths } from "./corruption-strengths.js";
import { emptyLike } from "./empty-like.js";
import type { RawImage } from "./raw-image.js";
import { uniformBetween } from "./uniform.js";

const LARGEST_ANGLE = 45;

/** Blurs along a line at so many degrees. */
function blurAlong(image: RawImage, [radius, sigma]: CorruptionStrengths["motion-blur"], angle: number): RawImage {
  const { data } = image;
  const bell = Float64Array.from({ length: 2 * radius + 1 }, (_, step) => Math.exp(-(step ** 2) / (2 * sigma ** 2)));
  const norm = bell.reduce((sum, weight) => sum + weight, 0);
  const sums = new Float64Array(data.length);
  const radians = (angle * Math.PI) / 180;
  bell.forEach((weight, step) => {
    const right = Math.ceil(step * Math.cos(radians) - 0.5);
    const down = Math.ceil(step * Math.sin(radians) - 0.5);
    addShifted(sums, { ...image, values: data }, weight / norm, [down, right], borderPosition.edge);
  });
  const blurred = emptyLike(data);
  sums.forEach((sum, index) => (blurred[index] = Math.floor(sum + 0.5)));
  return { ...image, data: blurred };
}

/** Blurs along a line at -45 to 45 degrees. */
export function motionBlur(image: RawImage, strength: CorruptionStrengths["motion-blur"], random: Random): RawImage {
  return blurAlong(image, strength, uniformBetween(random.derive("angle"), [-LARGEST_ANGLE, LARGEST_ANGLE]));
}
