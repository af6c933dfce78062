/**
 * A decoded image: rows from the top, channels interleaved ([Y, X, C]). Values are bytes, or 16-bit words (0-65,535) where the file has them.
 * Nothing here changes its data.
 */
export interface RawImage {
  readonly width: number;
  readonly height: number;
  /** 1 (grey), 3 (RGB), or any other number (multispectral, stacked slices). */
  readonly channels: number;
  readonly data: Uint8Array | Uint16Array;
}

/** An image of 16-bit words. */
export interface WordImage extends RawImage {
  readonly data: Uint16Array;
}

/** True for an image of 16-bit words. */
export const hasWords = (image: RawImage): image is WordImage => image.data instanceof Uint16Array;
