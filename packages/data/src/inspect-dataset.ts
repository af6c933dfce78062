import { convertChannels, type RawImage } from "@ssl-vit/augment";
import { evenPositions } from "./even-positions.js";
import type { ImageDataset } from "./image-dataset.js";

/** Mean and deviation of the values of one channel, in [0, 1]. */
export interface ChannelStatistics {
  readonly mean: number;
  readonly std: number;
}

/** What a data set holds, as far as looking at every image tells. */
export interface DatasetReport {
  readonly location: string;
  readonly kind: string;
  /** Images of the data set. */
  readonly images: number;
  /** Images that were looked at. */
  readonly inspected: number;
  /** Images by class, in the order of the classes' numbers; by name where the classes have names. Of all images, by their labels alone. */
  readonly classes: readonly { readonly name: string; readonly images: number }[];
  /** Images without a label. */
  readonly unlabelled: number;
  /** Smallest, median and largest, in pixels, and how many different sizes there are. */
  readonly sizes: { readonly width: readonly [number, number, number]; readonly height: readonly [number, number, number]; readonly different: number };
  /** Images by number of channels and bits of a value, the commonest first, with the statistics of each channel over all their pixels. */
  readonly formats: readonly { readonly channels: number; readonly bits: 8 | 16; readonly images: number; readonly statistics: readonly ChannelStatistics[] }[];
  /**
   * What to normalise views of all these images by: the statistics over the images of the commonest number of channels, and over those that a
   * loader turns into them (grey ↔ RGB). Images of any other number are left out. Absent when no image could be read.
   */
  readonly normalization?: { readonly channels: number; readonly images: number; readonly statistics: readonly ChannelStatistics[] };
  /** What a person should know of how the data was read. */
  readonly notes: readonly string[];
  /** Images that cannot be read, and why. */
  readonly broken: readonly { readonly key: string; readonly reason: string }[];
}

/** Options of {@link inspectDataset}. */
export interface InspectOptions {
  /** Look at so many images at even distances. Default: all. */
  readonly images?: number;
  /** Told after every image. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Images that are decoded at a time. */
const LANES = 4;

/** Sums of the images of one format. Exact: sums of 16-bit squares stay below 2⁵³ for two million pixels, and are added as fractions after each image. */
interface FormatSums {
  images: number;
  pixels: number;
  readonly sum: Float64Array;
  readonly squares: Float64Array;
}

interface Format extends FormatSums {
  readonly channels: number;
  readonly bits: 8 | 16;
}

function addImage(sums: FormatSums, { data, channels }: RawImage, largest: number): void {
  const pixels = data.length / channels;
  for (let channel = 0; channel < channels; channel++) {
    let [sum, squares] = [0, 0];
    for (let index = channel; index < data.length; index += channels) {
      const value = data[index]!;
      sum += value;
      squares += value * value;
    }
    sums.sum[channel]! += sum / largest;
    sums.squares[channel]! += squares / largest ** 2;
  }
  sums.images++;
  sums.pixels += pixels;
}

const statisticsOf = ({ pixels, sum, squares }: FormatSums): ChannelStatistics[] =>
  Array.from(sum, (total, channel) => {
    const mean = total / pixels;
    return { mean, std: Math.sqrt(Math.max(0, squares[channel]! / pixels - mean * mean)) };
  });

const emptySums = (channels: number): FormatSums => ({ images: 0, pixels: 0, sum: new Float64Array(channels), squares: new Float64Array(channels) });

function addSums(sums: FormatSums, other: FormatSums): void {
  sums.images += other.images;
  sums.pixels += other.pixels;
  // One channel is repeated.
  sums.sum.forEach((_, channel) => {
    sums.sum[channel]! += other.sum[channel % other.sum.length]!;
    sums.squares[channel]! += other.squares[channel % other.sum.length]!;
  });
}

/** Of all images that a loader makes into images of the commonest number of channels. `luma` is that of the RGB images. */
function pooled(formats: readonly Format[], luma: FormatSums): DatasetReport["normalization"] {
  const imagesOf = new Map<number, number>();
  for (const { channels, images } of formats) imagesOf.set(channels, (imagesOf.get(channels) ?? 0) + images);
  const [commonest] = [...imagesOf].sort(([, a], [, b]) => b - a);
  if (commonest === undefined) return undefined;
  const [channels] = commonest;
  const sums = emptySums(channels);
  for (const format of formats) if (format.channels === channels || (channels === 3 && format.channels === 1)) addSums(sums, format);
  if (channels === 1 && imagesOf.has(3)) addSums(sums, luma);
  return { channels, images: sums.images, statistics: statisticsOf(sums) };
}

function spread(values: readonly number[]): [number, number, number] {
  const sorted = [...values].sort((a, b) => a - b);
  return [sorted[0] ?? 0, sorted[sorted.length >> 1] ?? 0, sorted.at(-1) ?? 0];
}

function countLabels(data: ImageDataset): Pick<DatasetReport, "classes" | "unlabelled"> {
  const counts = new Map<number, number>();
  for (let index = 0; index < data.length; index++) {
    const label = data.labelOf(index);
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const unlabelled = counts.get(-1) ?? 0;
  counts.delete(-1);
  // A class without images is told of as well.
  data.classes?.forEach((name, label) => name !== "" && counts.set(label, counts.get(label) ?? 0));
  const classes = [...counts].sort(([a], [b]) => a - b).map(([label, images]) => ({ name: data.classes?.[label] ?? String(label), images }));
  return { classes, unlabelled };
}

/** Decodes the images of a data set, or some of them, and tells what they are. */
export async function inspectDataset(data: ImageDataset, { images = data.length, onProgress, signal }: InspectOptions = {}): Promise<DatasetReport> {
  const positions = evenPositions(data.length, images);
  const total = positions.length;
  const formats = new Map<string, Format>();
  const luma = emptySums(1);
  const sizes = new Map<string, readonly [number, number]>();
  const [widths, heights]: [number[], number[]] = [[], []];
  const broken: { index: number; reason: string }[] = [];
  let next = 0;
  let done = 0;

  async function inspectOne(index: number): Promise<void> {
    let image: RawImage;
    try {
      image = await data.read(index);
    } catch (error) {
      broken.push({ index, reason: (error as Error).message });
      return;
    }
    const { width, height, channels } = image;
    const bits = image.data instanceof Uint16Array ? 16 : 8;
    const name = `${channels} ${bits}`;
    const sums = formats.get(name) ?? { channels, bits, ...emptySums(channels) };
    formats.set(name, sums);
    addImage(sums, image, 2 ** bits - 1);
    if (channels === 3) addImage(luma, convertChannels(image, 1), 2 ** bits - 1);
    sizes.set(`${width} ${height}`, [width, height]);
    widths.push(width);
    heights.push(height);
  }

  async function lane(): Promise<void> {
    while (next < total && signal?.aborted !== true) {
      await inspectOne(positions[next++]!);
      done++;
      onProgress?.(done, total);
    }
  }

  await Promise.all(Array.from({ length: LANES }, lane));
  const normalization = pooled([...formats.values()], luma);
  return {
    location: data.location,
    kind: data.kind,
    notes: data.notes ?? [],
    images: data.length,
    inspected: done,
    ...countLabels(data),
    sizes: { width: spread(widths), height: spread(heights), different: sizes.size },
    formats: [...formats.values()]
      .sort((a, b) => b.images - a.images)
      .map((sums) => ({ channels: sums.channels, bits: sums.bits, images: sums.images, statistics: statisticsOf(sums) })),
    ...(normalization === undefined ? {} : { normalization }),
    broken: broken.sort((a, b) => a.index - b.index).map(({ index, reason }) => ({ key: data.keyOf(index), reason })),
  };
}
