/** A decoded image: one byte a value, rows from the top, channels interleaved ([Y, X, C]). Nothing here changes its data. */
export interface RawImage {
  readonly width: number;
  readonly height: number;
  /** 1 (grey) or 3 (RGB). */
  readonly channels: number;
  readonly data: Uint8Array;
}
