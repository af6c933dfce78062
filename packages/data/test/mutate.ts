import { createRandom } from "@ssl-vit/core";

/** Bytes that lengths are written with: none, all, the sign. */
const SPECIAL = [0x00, 0xff, 0x7f, 0x80];

/** Files whose numbers differ by this are damaged in the same way. */
export const KINDS_OF_DAMAGE = 6;

/**
 * A damaged copy of a file, another one for each number, the same for the same number: a few flipped bits, a cut, inserted or doubled bytes, a piece
 * moved elsewhere, two to four bytes of a length set to an end of their range, or swapped.
 */
export function mutate(file: Uint8Array, number: number): Buffer {
  const random = createRandom(number).derive("mutate");
  const below = (name: string, count: number): number => Math.floor(random.derive(name).uniform() * count);
  const bytes = Buffer.from(file);
  // Headers and directories are short: every second change is within 200 bytes of an end.
  const near = below("near", Math.min(bytes.length, 200));
  const place = [below("place", bytes.length), near, bytes.length - 1 - near, below("place", bytes.length)][below("where", 4)]!;
  const width = 2 + below("width", 3);
  switch (number % KINDS_OF_DAMAGE) {
    case 0: {
      for (let flip = 0; flip <= below("flips", 8); flip++) bytes[below(`flip ${flip}`, bytes.length)]! ^= 1 << below(`bit ${flip}`, 8);
      return bytes;
    }
    case 1:
      return bytes.subarray(0, place);
    case 2:
      return Buffer.concat([bytes.subarray(0, place), Buffer.from(random.derive("inserted").uniforms(1 + below("count", 64)).map((value) => value * 256)), bytes.subarray(place)]);
    case 3:
      return Buffer.concat([bytes.subarray(0, place), bytes.subarray(below("from", place + 1))]);
    case 4:
      return bytes.fill(SPECIAL[below("value", SPECIAL.length)]!, place, Math.min(place + width, bytes.length));
    default: {
      const other = below("other", bytes.length);
      const piece = Buffer.from(bytes.subarray(place, place + width));
      bytes.copyWithin(place, other, other + width);
      piece.copy(bytes, other);
      return bytes;
    }
  }
}
