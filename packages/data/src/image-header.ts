/** What the first bytes of an image file tell, before it is decoded. Formats: PNG (W3C, chunk IHDR), JPEG (T.81, B.2.2), TIFF 6.0, BigTIFF. */
const PNG_SIGNATURE = Buffer.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** A TIFF file's first page. */
export interface TiffHeader {
  readonly bits: number;
  /** 1 = whole numbers without a sign, 2 = with a sign, 3 = floating point. */
  readonly sampleFormat: number;
  /** 0 and 1 = grey, 2 = RGB; others are a palette, CMYK, YCbCr, Lab. */
  readonly photometric: number;
  readonly samples: number;
  /** Meaning of each sample beyond the photometric's own: 0 = unspecified, 1 and 2 = alpha. Undefined when the file does not say. */
  readonly extraSamples: readonly number[] | undefined;
}

/** True for a PNG file of 16-bit words. */
export const isWordPng = (bytes: Uint8Array): boolean => isPng(bytes) && bytes[24] === 16;

/** True for a PNG or JPEG file that is grey, with alpha or without. */
export const isGrayFile = (bytes: Uint8Array): boolean => (isPng(bytes) ? (bytes[25]! & 0b11) === 0 : jpegComponents(bytes) === 1);

const isPng = (bytes: Uint8Array): boolean => bytes.length > 25 && PNG_SIGNATURE.equals(bytes.subarray(0, 8));

/** Components in the frame header of a JPEG file; undefined for another file, or one without a frame. */
function jpegComponents(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || view.getUint16(0) !== 0xffd8) return undefined;
  for (let place = 2; place + 10 <= bytes.length && bytes[place] === 0xff; ) {
    const marker = bytes[place + 1]!;
    if (marker === 0xff) {
      place++; // a byte of filling
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) return bytes[place + 9];
    place += 2 + view.getUint16(place + 2);
  }
  return undefined;
}

/** Values of a tag: a file that claims more is damaged, for there are as many samples at most. */
const MOST_VALUES = 65_535;

const tags = { bits: 258, photometric: 262, samples: 277, extraSamples: 338, sampleFormat: 339 } as const;

/** The header of a TIFF or BigTIFF file, in either byte order; undefined for another file, or one whose header lies beyond its end. */
export function tiffHeader(bytes: Uint8Array): TiffHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const order = bytes.length < 16 ? 0 : view.getUint16(0);
  if (order !== 0x4949 && order !== 0x4d4d) return undefined;
  const little = order === 0x4949;
  const version = view.getUint16(2, little);
  if (version !== 42 && version !== 43) return undefined;
  const isBig = version === 43;
  // Numbers of entries, sizes and places: 16 and 32 bits wide, all 64 in BigTIFF.
  const wide = (place: number): number => (isBig ? Number(view.getBigUint64(place, little)) : view.getUint32(place, little));
  const [countLength, entryLength, valueLength] = isBig ? [8, 20, 8] : [2, 12, 4];
  try {
    const directory = wide(isBig ? 8 : 4);
    const count = isBig ? wide(directory) : view.getUint16(directory, little);
    /** 16-bit values of a tag: in its entry where they fit, else at a place of the file. */
    const valuesOf = (tag: number): number[] | undefined => {
      for (let entry = 0; entry < count; entry++) {
        const place = directory + countLength + entry * entryLength;
        if (view.getUint16(place, little) !== tag || view.getUint16(place + 2, little) !== 3) continue;
        const length = wide(place + 4);
        const valuePlace = place + entryLength - valueLength;
        const start = 2 * length <= valueLength ? valuePlace : wide(valuePlace);
        if (length > MOST_VALUES || start + 2 * length > bytes.length) return undefined;
        return Array.from({ length }, (_, index) => view.getUint16(start + 2 * index, little));
      }
      return undefined;
    };
    return {
      bits: Math.max(...(valuesOf(tags.bits) ?? [1])),
      sampleFormat: Math.max(...(valuesOf(tags.sampleFormat) ?? [1])),
      photometric: valuesOf(tags.photometric)?.[0] ?? -1,
      samples: valuesOf(tags.samples)?.[0] ?? 1,
      extraSamples: valuesOf(tags.extraSamples),
    };
  } catch (error) {
    if (error instanceof RangeError) return undefined; // a place beyond the end
    throw error;
  }
}
