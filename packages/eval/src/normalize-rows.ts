/** Rows scaled to length 1, [rows, dim]; a row of zeros stays one (PyTorch's `normalize`, epsilon 1e-12). */
export function normalizeRows(values: Float32Array, dim: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let start = 0; start < values.length; start += dim) {
    let squares = 0;
    for (let index = start; index < start + dim; index++) squares += values[index]! ** 2;
    const scale = 1 / Math.max(Math.sqrt(squares), 1e-12);
    for (let index = start; index < start + dim; index++) out[index] = values[index]! * scale;
  }
  return out;
}
