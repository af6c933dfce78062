import { createHash } from "node:crypto";
import type { HostView } from "@ssl-vit/data";

/** Hexadecimal digits kept: among a billion images two differing ones agree with a probability of 3 %, among a million of 3 in 100 million. */
const digits = 16;

/** A short sha256 of each image of a batch, as it was rendered: the same for the same numbers in the same size. Of several views, all of them. */
export function digestImages(views: readonly HostView[], images: number): string[] {
  return Array.from({ length: images }, (_, image) => {
    const hash = createHash("sha256");
    for (const { data } of views) {
      const bytes = data.byteLength / images;
      hash.update(new Uint8Array(data.buffer, data.byteOffset + image * bytes, bytes));
    }
    return hash.digest("hex").slice(0, digits);
  });
}

/** Digests as whole numbers of 32 bits, two each, for tensors. */
export const digestNumbers = (digests: readonly string[]): Int32Array =>
  Int32Array.from(digests.flatMap((digest) => [digest.slice(0, 8), digest.slice(8)].map((half) => Number.parseInt(half, 16) | 0)));

/** The digests of which these are the numbers. */
export function digestsOfNumbers(numbers: Int32Array): string[] {
  const half = (place: number): string => (numbers[place]! >>> 0).toString(16).padStart(digits / 2, "0");
  return Array.from({ length: numbers.length / 2 }, (_, row) => half(2 * row) + half(2 * row + 1));
}
