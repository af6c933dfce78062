import type { Neighbors } from "./neighbors.js";

/** The k largest similarities of each query among those shown so far. */
export interface LargestOf {
  /** The similarity that a newcomer must exceed. */
  least(query: number): number;
  /** Takes a row whose similarity exceeds `least`, and returns the new `least`. A query's rows must come in ascending order. */
  add(query: number, row: number, similarity: number): number;
  /** All of them, largest first, of equal ones the lower row first. Nothing can be added afterwards. */
  sorted(): Neighbors;
}

/**
 * One heap a query, its worst on top: the least similar, of equal ones the highest row. A newcomer takes the top's place in log₂ k steps,
 * and since it must be strictly larger and rows ascend, the lower row stays among equals.
 */
export function createLargestOf(queries: number, k: number): LargestOf {
  const rows = new Int32Array(queries * k);
  const similarities = new Float32Array(queries * k).fill(-Infinity);

  /** Puts (row, similarity) into the heap of `size` that begins at `start`, in place of its top. */
  const replaceTop = (start: number, size: number, row: number, similarity: number): void => {
    let place = 0;
    for (let child = 1; child < size; child = 2 * place + 1) {
      const [left, right] = [start + child, start + child + 1];
      const rightIsWorse =
        child + 1 < size && (similarities[right]! < similarities[left]! || (similarities[right] === similarities[left] && rows[right]! > rows[left]!));
      const worse = rightIsWorse ? right : left;
      if (!(similarities[worse]! < similarity || (similarities[worse] === similarity && rows[worse]! > row))) break;
      rows[start + place] = rows[worse]!;
      similarities[start + place] = similarities[worse]!;
      place = worse - start;
    }
    rows[start + place] = row;
    similarities[start + place] = similarity;
  };

  return {
    least: (query) => similarities[query * k]!,
    add: (query, row, similarity) => {
      replaceTop(query * k, k, row, similarity);
      return similarities[query * k]!;
    },
    sorted: () => {
      // Heap sort: the worst goes to the end, again and again.
      for (let start = 0; start < rows.length; start += k) {
        for (let last = k - 1; last > 0; last--) {
          const [row, similarity] = [rows[start]!, similarities[start]!];
          replaceTop(start, last, rows[start + last]!, similarities[start + last]!);
          rows[start + last] = row;
          similarities[start + last] = similarity;
        }
      }
      return { rows, similarities };
    },
  };
}
