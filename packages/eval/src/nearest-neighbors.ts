import { matMul, max, reshape, type Tensor, tensor2d, tidy, transpose } from "@tensorflow/tfjs-core";
import { createLargestOf, type LargestOf } from "./largest-of.js";
import type { Neighbors } from "./neighbors.js";
import { takeValues } from "./take-values.js";

/** Similarities held at a time: 512 × 8192 floats are 16 MB, whatever the size of the bank. */
const queryChunk = 512;
const bankChunk = 8192;
/** Neighbouring similarities of which the engine finds the largest: most blocks have nothing for the k nearest, and are not looked at. */
const blockColumns = 64;

/**
 * Shows one line of similarities to the k largest so far.
 *
 * @param found similarities; the line is `columns` of them from `start` on
 * @param most the largest of each block, the line's from `firstBlock` on
 */
function scanLine(largest: LargestOf, query: number, firstRow: number, found: Float32Array, start: number, columns: number, most: Float32Array, firstBlock: number): void {
  let least = largest.least(query);
  for (let column = 0, block = firstBlock; column < columns; block++) {
    const end = Math.min(column + blockColumns, columns);
    if (most[block]! > least) {
      for (let place = start + column; place < start + end; place++) {
        const similarity = found[place]!;
        if (similarity > least) least = largest.add(query, firstRow + place - start, similarity);
      }
    }
    column = end;
  }
}

/**
 * Exact nearest neighbours by inner product, [bank, dim] and [queries, dim] in chunks that fit in memory. Among equally similar rows the
 * first one is nearer.
 *
 * @param k at most the number of rows of the bank
 */
export function nearestNeighbors(bank: Float32Array, queries: Float32Array, dim: number, k: number): Neighbors {
  const [bankRows, queryRows] = [bank.length / dim, queries.length / dim];
  const largest = createLargestOf(queryRows, k);
  for (let first = 0; first < bankRows; first += bankChunk) {
    const columns = Math.min(bankChunk, bankRows - first);
    const blocks = Math.ceil(columns / blockColumns);
    // Rows of zeros fill the last block; no line is read that far. Transposed once: tfjs's wasm multiplies by a transposed operand some ten times slower.
    const padded = new Float32Array(blocks * blockColumns * dim);
    padded.set(bank.subarray(first * dim, (first + columns) * dim));
    const chunk = tidy(() => transpose(tensor2d(padded, [blocks * blockColumns, dim]))); // [D, columns]
    for (let query = 0; query < queryRows; query += queryChunk) {
      const lines = Math.min(queryChunk, queryRows - query);
      const chosen = queries.subarray(query * dim, (query + lines) * dim);
      const [similarities, maxima] = tidy(() => {
        const products = matMul(tensor2d(chosen, [lines, dim]), chunk); // [lines, columns]
        return [products, max(reshape(products, [lines, blocks, blockColumns]), 2)] as [Tensor, Tensor]; // maxima: [lines, blocks]
      });
      const [found, most] = [takeValues(similarities), takeValues(maxima)];
      for (let line = 0; line < lines; line++) {
        scanLine(largest, query + line, first, found, line * blocks * blockColumns, columns, most, line * blocks);
      }
    }
    chunk.dispose();
  }
  return largest.sorted();
}
