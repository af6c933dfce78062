import type { EncoderLayout } from "./encoder.js";
import { ConfigError } from "./errors.js";

/**
 * Side of the square images that an encoder was built for, in pixels: views are square.
 *
 * @param method the package that asks, for the message
 * @throws ConfigError for an encoder of another shape
 */
export function squareSide(method: string, { imageSize: [height, width] }: EncoderLayout): number {
  if (height === width) return height;
  throw new ConfigError({ package: method, what: "imageSize", expected: "a square encoder, since views are square", received: `${height} × ${width}` });
}
