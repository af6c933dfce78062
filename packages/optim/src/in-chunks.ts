/** Values that one call of a kernel updates: its results live beside what they replace only for so much at a time (8 MB each). */
const CHUNK = 2 ** 21;

/** Cuts a list into runs of about `CHUNK` values, so that memory that is given back serves the next run. */
export function inChunks<T>(items: readonly T[], sizeOf: (item: T) => number): readonly (readonly T[])[] {
  const chunks: T[][] = [];
  let size = CHUNK;
  for (const item of items) {
    if (size >= CHUNK) {
      chunks.push([]);
      size = 0;
    }
    chunks.at(-1)!.push(item);
    size += sizeOf(item);
  }
  return chunks;
}
