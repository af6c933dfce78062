/**
 * Formula: Simard et al., "Best practices for convolutional neural networks applied to visual document analysis" (2003), behind a random affine map, as
 * `elastic_transform` in `make_imagenet_c.py`. Positions are exact, where OpenCV before 5 cut those of the affine map to 1/32 of a pixel.
 */
import type { Random } from "@ssl-vit/core";
import { borderPosition } from "./border-position.js";
import type { CorruptionStrengths } from "./corruption-strengths.js";
import { sampleBilinear } from "./sample-bilinear.js";
import { smoothImage } from "./smooth-image.js";
import type { UnitImage } from "./unit-image.js";

const TRUNCATE = 3;

type Place = (x: number, y: number) => readonly [x: number, y: number];

/** Where a pixel comes from under the affine map that moves three corners of the middle third by up to `shift` pixels along each axis. */
function randomAffine({ width, height }: UnitImage, shift: number, random: Random): Place {
  const reach = Math.max(1, Math.floor(Math.min(width, height) / 3));
  const [middleX, middleY] = [Math.floor(width / 2), Math.floor(height / 2)];
  const draws = Array.from(random.derive("affine").uniforms(6), (uniform) => shift * (2 * uniform - 1));
  const [lowerRightX, lowerRightY, upperRightX, upperRightY, upperLeftX, upperLeftY] = draws as [number, number, number, number, number, number];
  // The corners are lower right, upper right, upper left, 2 · reach apart: the map's columns are where it takes the unit vectors.
  const across = [1 + (upperRightX - upperLeftX) / (2 * reach), (upperRightY - upperLeftY) / (2 * reach)] as const;
  const down = [(lowerRightX - upperRightX) / (2 * reach), 1 + (lowerRightY - upperRightY) / (2 * reach)] as const;
  const determinant = across[0] * down[1] - down[0] * across[1];
  const [cornerX, cornerY] = [middleX - reach, middleY - reach];
  return (x, y) => {
    const [fromX, fromY] = [x - cornerX - upperLeftX, y - cornerY - upperLeftY];
    return [cornerX + (down[1] * fromX - down[0] * fromY) / determinant, cornerY + (across[0] * fromY - across[1] * fromX) / determinant];
  };
}

/** Every pixel taken from another place. */
function warp(image: UnitImage, placeOf: (x: number, y: number) => readonly [x: number, y: number], border: (typeof borderPosition)["reflect"]): UnitImage {
  const { width, height, channels } = image;
  const values = new Float64Array(image.values.length);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [fromX, fromY] = placeOf(x, y);
      for (let channel = 0; channel < channels; channel++, to++) values[to] = sampleBilinear(image, fromY, fromX, channel, border);
    }
  }
  return { ...image, values };
}

/** An affine map of the image, then smoothed random displacements of its pixels. */
export function elasticTransform(image: UnitImage, [displacement, sigma, shift]: CorruptionStrengths["elastic-transform"], random: Random): UnitImage {
  const { width, height } = image;
  const mapped = warp(image, randomAffine(image, shift, random), borderPosition.reflect);
  if (displacement === 0) return mapped;
  const field = (axis: string): Float64Array => {
    const draws = Float64Array.from(random.derive(axis).uniforms(width * height), (uniform) => 2 * uniform - 1);
    return smoothImage({ width, height, channels: 1, values: draws }, sigma, TRUNCATE, borderPosition.symmetric).values;
  };
  const [across, down] = [field("x"), field("y")];
  const placeOf: Place = (x, y) => [x + displacement * across[y * width + x]!, y + displacement * down[y * width + x]!];
  return warp(mapped, placeOf, borderPosition.symmetric);
}
