/** Feature rows one after the other, and the class of each. */
export interface LabelledVectors {
  readonly values: Float32Array;
  readonly labels: Int32Array;
}

/** The rows at the given positions, in their order. */
export function pickRows({ values, labels }: LabelledVectors, dim: number, rows: Int32Array): LabelledVectors {
  const picked = { values: new Float32Array(rows.length * dim), labels: new Int32Array(rows.length) };
  rows.forEach((row, index) => {
    picked.values.set(values.subarray(row * dim, (row + 1) * dim), index * dim);
    picked.labels[index] = labels[row]!;
  });
  return picked;
}
