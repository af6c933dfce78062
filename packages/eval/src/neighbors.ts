/** The `k` most similar rows of a bank for each query, most similar first. */
export interface Neighbors {
  /** Row in the bank, [queries, k]. */
  readonly rows: Int32Array;
  /** Inner product with the query, [queries, k]. */
  readonly similarities: Float32Array;
}
