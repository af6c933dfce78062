import type { BorderPosition } from "./border-position.js";
import type { UnitImage } from "./unit-image.js";

/** A channel's value between the pixels, linear along both axes. */
export function sampleBilinear({ width, height, channels, values }: UnitImage, y: number, x: number, channel: number, border: BorderPosition): number {
  const [top, left] = [Math.floor(y), Math.floor(x)];
  const [down, right] = [y - top, x - left];
  const rowLength = width * channels;
  const [upper, lower] = [border(top, height) * rowLength, border(top + 1, height) * rowLength];
  const [near, far] = [border(left, width) * channels + channel, border(left + 1, width) * channels + channel];
  const above = values[upper + near]! * (1 - right) + values[upper + far]! * right;
  const below = values[lower + near]! * (1 - right) + values[lower + far]! * right;
  return above * (1 - down) + below * down;
}
