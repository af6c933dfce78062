import type { RawImage } from "../src/index.js";

const bytesOf = ({ buffer, byteOffset, byteLength }: RawImage["data"]): Uint8Array => new Uint8Array(buffer, byteOffset, byteLength);

/** Whether two arrays of one kind hold the same values; quicker than `toEqual`. */
export const sameValues = (a: RawImage["data"], b: RawImage["data"]): boolean => a.BYTES_PER_ELEMENT === b.BYTES_PER_ELEMENT && Buffer.compare(bytesOf(a), bytesOf(b)) === 0;
