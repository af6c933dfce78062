import { matMul, tensor2d, tidy, transpose } from "@tensorflow/tfjs-core";
import { takeValues } from "./take-values.js";

/** The `k` most similar rows of a bank for each query, most similar first. */
export interface Neighbors {
  /** Row in the bank, [queries, k]. */
  readonly rows: Int32Array;
  /** Inner product with the query, [queries, k]. */
  readonly similarities: Float32Array;
}

/** Similarities held at a time: 512 × 8192 floats are 16 MB, whatever the size of the bank. */
const queryChunk = 512;
const bankChunk = 8192;

/**
 * Keeps the k largest of what it is shown. Rows come in ascending order and a newcomer must be strictly larger, so the lower row wins among
 * equals. Few newcomers get in (about k·ln(bank / k)), so one comparison a similarity is the cost: less than a tfjs topk.
 */
function keepLargest(kept: Neighbors, start: number, k: number, row: number, similarity: number): void {
  const { rows, similarities } = kept;
  let place = start + k - 1;
  while (place > start && similarity > similarities[place - 1]!) {
    rows[place] = rows[place - 1]!;
    similarities[place] = similarities[place - 1]!;
    place--;
  }
  rows[place] = row;
  similarities[place] = similarity;
}

/**
 * Exact nearest neighbours by inner product, [bank, dim] and [queries, dim] in chunks that fit in memory.
 *
 * @param k at most the number of rows of the bank
 */
export function nearestNeighbors(bank: Float32Array, queries: Float32Array, dim: number, k: number): Neighbors {
  const [bankRows, queryRows] = [bank.length / dim, queries.length / dim];
  const kept = { rows: new Int32Array(queryRows * k), similarities: new Float32Array(queryRows * k).fill(-Infinity) };
  for (let first = 0; first < bankRows; first += bankChunk) {
    const columns = Math.min(bankChunk, bankRows - first);
    // Transposed once: tfjs's wasm multiplies by a transposed operand some ten times slower.
    const chunk = tidy(() => transpose(tensor2d(bank.subarray(first * dim, (first + columns) * dim), [columns, dim]))); // [D, columns]
    for (let query = 0; query < queryRows; query += queryChunk) {
      const lines = Math.min(queryChunk, queryRows - query);
      const chosen = queries.subarray(query * dim, (query + lines) * dim);
      const found = takeValues(tidy(() => matMul(tensor2d(chosen, [lines, dim]), chunk))); // [lines, columns]
      for (let line = 0; line < lines; line++) {
        const start = (query + line) * k;
        for (let column = 0; column < columns; column++) {
          const similarity = found[line * columns + column]!;
          if (similarity > kept.similarities[start + k - 1]!) keepLargest(kept, start, k, first + column, similarity);
        }
      }
    }
    chunk.dispose();
  }
  return kept;
}
