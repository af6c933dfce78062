/** An image for {@link tiffFile}: rows from the top, samples interleaved. */
export interface TiffImage {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** Bytes, 16-bit words, or what a reader ought to refuse. */
  readonly data: Uint8Array | Uint16Array | Int16Array | Float32Array;
  /** 1 = grey (default), 2 = RGB. */
  readonly photometric?: number;
  /** As EXIF's tag; 1 (default) = upright. */
  readonly orientation?: number;
  /** Meaning of the samples beyond the color's: 0 = unspecified, 1 and 2 = alpha. Left out of the file unless given. */
  readonly extraSamples?: readonly number[];
}

const SHORT = 3;
const LONG = 4;

/** A little-endian TIFF 6.0 file of one uncompressed strip, with any number of channels, which sharp cannot write. */
export function tiffFile({ width, height, channels, data, photometric = 1, orientation = 1, extraSamples }: TiffImage): Uint8Array {
  const format = data instanceof Float32Array ? 3 : data instanceof Int16Array ? 2 : 1;
  const strip = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const perSample = (value: number): number[] => Array.from({ length: channels }, () => value);
  const tags: (readonly [tag: number, type: number, values: readonly number[]])[] = [
    [256, LONG, [width]],
    [257, LONG, [height]],
    [258, SHORT, perSample(8 * data.BYTES_PER_ELEMENT)],
    [259, SHORT, [1]],
    [262, SHORT, [photometric]],
    [273, LONG, [8]], // the strip lies behind the header
    [274, SHORT, [orientation]],
    [277, SHORT, [channels]],
    [278, LONG, [height]],
    [279, LONG, [strip.length]],
    [284, SHORT, [1]],
    ...(extraSamples === undefined ? [] : ([[338, SHORT, extraSamples]] as const)),
    [339, SHORT, perSample(format)],
  ];
  const directory = 8 + strip.length + (strip.length % 2);
  let end = directory + 2 + 12 * tags.length + 4;
  const file = Buffer.alloc(end + 4 * channels * tags.length);
  file.write("II*\0", "latin1");
  file.writeUInt32LE(directory, 4);
  strip.copy(file, 8);
  file.writeUInt16LE(tags.length, directory);
  tags.forEach(([tag, type, values], index) => {
    const entry = directory + 2 + 12 * index;
    file.writeUInt16LE(tag, entry);
    file.writeUInt16LE(type, entry + 2);
    file.writeUInt32LE(values.length, entry + 4);
    const size = type === SHORT ? 2 : 4;
    const fits = values.length * size <= 4;
    const place = fits ? entry + 8 : end;
    if (!fits) {
      file.writeUInt32LE(end, entry + 8);
      end += values.length * size;
    }
    values.forEach((value, position) => file.writeUIntLE(value, place + position * size, size));
  });
  return Uint8Array.from(file.subarray(0, end));
}
