import type { PickleValue } from "./pickle-value.js";

/** Bytes that calls may put together for each byte of the pickle that was read: those of torch.save come to less than two, with lists of paths and shapes too. */
const FACTOR = 8;
/** What a pickle of any length may. */
const LEAST = 1 << 20;
/** What none may: a text of JavaScript ends at twice as many. */
const MOST = 1 << 28;

/** Bytes, about, of one value more in a list, and of one pair more in a dictionary. */
const LIST_VALUE = 8;
const PAIR = 32;

/** What a value takes that is copied, not counting what lies in it. */
function bytesOf(value: PickleValue): number {
  if (typeof value === "string" || value instanceof Uint8Array) return value.length;
  if (Array.isArray(value)) return LIST_VALUE * value.length;
  return value instanceof Map ? PAIR * value.size : LIST_VALUE;
}

/**
 * Counts what calls make of values that a pickle has once and takes as often as it likes, by two bytes each: a few hundred such instructions would fill any memory.
 *
 * @returns adds what a call copies of its arguments; then the limit when that is beyond it, else undefined
 */
export function pickleBudget(): (copied: readonly PickleValue[], bytesRead: number) => number | undefined {
  let spent = 0;
  return (copied, bytesRead) => {
    for (const value of copied) spent += bytesOf(value);
    const limit = Math.min(MOST, LEAST + FACTOR * bytesRead);
    return spent > limit ? limit : undefined;
  };
}
