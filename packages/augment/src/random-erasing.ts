/**
 * A random rectangle painted over (Zhong et al., https://arxiv.org/abs/1708.04896).
 *
 * Checked against torchvision's RandomErasing.get_params. Deviations: it paints before the normalisation, on bytes or words. So `fill: 0` is black where
 * erasing normalised values by 0 gives the mean color (255 · mean by channel does the same here, up to rounding), and noise is uniform over
 * all values, the paper's, where erasing normalised values takes the standard normal distribution. Operations behind it change the rectangle too: it belongs last.
 */
import { ConfigError, type ImageOperation, type Random } from "@ssl-vit/core";
import { hasWords, type RawImage } from "./raw-image.js";
import type { Region } from "./region.js";
import { roundHalfToEven } from "./round-half-to-even.js";
import { uniformBelow, uniformBetween } from "./uniform.js";

type RandomErasing = Extract<ImageOperation, { kind: "randomErasing" }>;

const ATTEMPTS = 10;
const DEFAULT_SCALE = [0.02, 0.33] as const;
const DEFAULT_RATIO = [0.3, 3.3] as const;

/**
 * The part to paint over: a uniform share of the area, a log-uniform ratio of height to width, a uniform place. It is smaller than the image on
 * both axes; undefined when ten attempts are not.
 */
export function drawErasedRegion(
  { width, height }: Pick<RawImage, "width" | "height">,
  { scale = DEFAULT_SCALE, ratio = DEFAULT_RATIO }: RandomErasing,
  random: Random,
): Region | undefined {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const area = width * height * uniformBetween(random.derive("area", attempt), scale);
    const aspect = Math.exp(uniformBetween(random.derive("ratio", attempt), [Math.log(ratio[0]), Math.log(ratio[1])]));
    const erasedHeight = roundHalfToEven(Math.sqrt(area * aspect));
    const erasedWidth = roundHalfToEven(Math.sqrt(area / aspect));
    if (erasedHeight >= height || erasedWidth >= width) continue;
    return {
      top: uniformBelow(random.derive("top"), height - erasedHeight + 1),
      left: uniformBelow(random.derive("left"), width - erasedWidth + 1),
      width: erasedWidth,
      height: erasedHeight,
    };
  }
  return undefined;
}

/** The values of one pixel, in bytes. */
function colorOf(fill: number | readonly number[], channels: number): readonly number[] {
  if (typeof fill === "number") return Array.from({ length: channels }, () => fill);
  if (fill.length === channels) return fill;
  throw new ConfigError({ package: "augment", what: "randomErasing fill", expected: `a number, or ${channels}, one a channel`, received: JSON.stringify(fill) });
}

/** The image with a rectangle painted over. `valueAt` gives the value of a channel at each place of the rectangle's values, row by row. */
export function paintRegion(image: RawImage, region: Region, valueAt: (channel: number, place: number) => number): RawImage {
  const { channels } = image;
  const data = image.data.slice();
  const rowLength = region.width * channels;
  for (let y = 0, place = 0; y < region.height; y++) {
    const start = ((region.top + y) * image.width + region.left) * channels;
    for (let index = 0; index < rowLength; index++, place++) data[start + index] = valueAt(index % channels, place);
  }
  return { ...image, data };
}

/**
 * Paints over a random part. A `fill` is in bytes (0 … 255), by channel or one number for all; 16-bit words are painted 257 times as large.
 *
 * @throws ConfigError for a fill of another number of channels
 */
export function randomErasing(image: RawImage, operation: RandomErasing, random: Random): RawImage {
  const region = drawErasedRegion(image, operation, random);
  if (region === undefined) return image;
  const { fill = 0 } = operation;
  const unit = hasWords(image) ? 257 : 1;
  if (fill === "noise") {
    const noise = random.derive("noise").uniforms(region.width * region.height * image.channels);
    return paintRegion(image, region, (_, place) => Math.floor(noise[place]! * (255 * unit + 1)));
  }
  const color = colorOf(fill, image.channels).map((value) => Math.round(value * unit));
  return paintRegion(image, region, (channel) => color[channel]!);
}
