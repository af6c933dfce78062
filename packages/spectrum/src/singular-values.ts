import { EigenvalueDecomposition, Matrix } from "ml-matrix";

/**
 * Singular values of a matrix [rows, columns], largest first: square roots of the eigenvalues of its products of rows with rows, or of
 * columns with columns, whichever are fewer. In float64, where squaring costs digits below 1e-8 of the largest value; several times
 * faster than the singular value decomposition of the matrix itself. NaN where a value is no finite number: its iteration would not end.
 */
export function singularValues(values: Float32Array | Float64Array, columns: number): number[] {
  const rows = values.length / columns;
  if (!values.every((value: number) => Number.isFinite(value))) return Array<number>(Math.min(rows, columns)).fill(NaN);
  const eigenvalues = new EigenvalueDecomposition(Matrix.from1DArray(...productsOfFewer(values, rows, columns)), { assumeSymmetric: true }).realEigenvalues;
  return eigenvalues.map((value) => Math.sqrt(Math.max(value, 0))).sort((a, b) => b - a);
}

/** A·Aᵀ, or Aᵀ·A where that is smaller, with its number of rows and of columns. */
function productsOfFewer(values: Float32Array | Float64Array, rows: number, columns: number): [size: number, size: number, products: Float64Array] {
  const size = Math.min(rows, columns);
  const products = new Float64Array(size * size);
  const lines = rows <= columns ? transposed(values, rows, columns) : values; // [length, size]: a sum over its rows of row·rowᵀ
  for (let start = 0; start < lines.length; start += size) {
    for (let first = 0; first < size; first++) {
      const factor = lines[start + first]!;
      for (let second = 0; second <= first; second++) products[first * size + second]! += factor * lines[start + second]!;
    }
  }
  for (let first = 0; first < size; first++) {
    for (let second = 0; second < first; second++) products[second * size + first] = products[first * size + second]!;
  }
  return [size, size, products];
}

function transposed(values: Float32Array | Float64Array, rows: number, columns: number): Float64Array {
  return Float64Array.from(values, (_, index) => values[(index % rows) * columns + Math.floor(index / rows)]!);
}
