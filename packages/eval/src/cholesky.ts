/**
 * Lower triangle L of a symmetric positive matrix A = L·Lᵀ, [size, size] row by row. A pivot that rounding has made smaller than `floor`
 * is lifted to it.
 */
export function cholesky(matrix: Float64Array, size: number, floor: number): Float64Array {
  const lower = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let value = matrix[row * size + column]!;
      for (let index = 0; index < column; index++) value -= lower[row * size + index]! * lower[column * size + index]!;
      lower[row * size + column] = column === row ? Math.sqrt(Math.max(value, floor)) : value / lower[column * size + column]!;
    }
  }
  return lower;
}

/** Replaces the vector b at `start` by the solution x of L·x = b. */
export function solveLower(lower: Float64Array, size: number, vector: Float64Array, start: number): void {
  for (let row = 0; row < size; row++) {
    let value = vector[start + row]!;
    for (let index = 0; index < row; index++) value -= lower[row * size + index]! * vector[start + index]!;
    vector[start + row] = value / lower[row * size + row]!;
  }
}

/** Replaces the vector b at `start` by the solution x of L·Lᵀ·x = b. */
export function solveCholesky(lower: Float64Array, size: number, vector: Float64Array, start: number): void {
  solveLower(lower, size, vector, start);
  for (let row = size - 1; row >= 0; row--) {
    const value = vector[start + row]! / lower[row * size + row]!;
    vector[start + row] = value;
    for (let index = 0; index < row; index++) vector[start + index]! -= lower[row * size + index]! * value;
  }
}
