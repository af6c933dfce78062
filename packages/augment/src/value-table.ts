import type { RawImage } from "./raw-image.js";

/** New value of each of the 256 values. */
export function valueTable(newValue: (value: number) => number): Uint8Array {
  const table = new Uint8Array(256);
  for (let value = 0; value < table.length; value++) table[value] = newValue(value);
  return table;
}

/** Replaces every value of an image of bytes by the table's. */
export function applyTable(image: RawImage, table: Uint8Array): RawImage {
  const input = image.data;
  const data = new Uint8Array(input.length);
  for (let index = 0; index < data.length; index++) data[index] = table[input[index]!]!;
  return { ...image, data };
}
