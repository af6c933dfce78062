import { createRandom } from "@ssl-vit/core";
import { type Rank, type ShapeMap, tensor, type Tensor } from "@tensorflow/tfjs-core";

/** Rows of numbers, as the formulas in the tests take them: in float64, and by the definition rather than fast. */
export type PlainRows = readonly (readonly number[])[];

/** Values that a float32 tensor holds exactly, so that both sides of a test start from the same numbers. */
export function plainRows(name: string, rows: number, dim: number, center = 0): PlainRows {
  const values = createRandom(11).derive(name).normals(rows * dim).map((value) => Math.fround(value + center));
  return Array.from({ length: rows }, (_, row) => [...values.subarray(row * dim, (row + 1) * dim)]);
}

/** A float32 tensor of the rows, [N, D] or as `shape` says. */
export const asTensor = <R extends Rank>(values: PlainRows, shape: readonly number[] = [values.length, values[0]!.length]): Tensor<R> =>
  tensor<R>(values.flat(), [...shape] as ShapeMap[R], "float32");

export const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

export const dotOf = (first: readonly number[], second: readonly number[]): number => first.reduce((sum, value, index) => sum + value * second[index]!, 0);

export const cosineOf = (first: readonly number[], second: readonly number[]): number => dotOf(first, second) / Math.sqrt(dotOf(first, first) * dotOf(second, second));

/** Deviation by column, with N − `taken` in the divisor, averaged over columns. */
export function columnDeviation(rows: PlainRows, taken: 0 | 1): number {
  const columns = rows[0]!.map((_, column) => rows.map((row) => row[column]!));
  return meanOf(columns.map((values) => Math.sqrt(values.reduce((sum, value) => sum + (value - meanOf(values)) ** 2, 0) / (values.length - taken))));
}

/** Deviation over rows of length 1, times √D. */
export const normalizedDeviation = (rows: PlainRows): number =>
  columnDeviation(rows.map((row) => row.map((value) => value / Math.sqrt(dotOf(row, row)))), 1) * Math.sqrt(rows[0]!.length);

export const softmaxOf = (scores: readonly number[], temperature: number): readonly number[] => {
  const largest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp((score - largest) / temperature));
  return powers.map((power) => power / powers.reduce((sum, value) => sum + value, 0));
};

export const entropyOf = (shares: readonly number[]): number => -shares.reduce((sum, share) => sum + (share > 0 ? share * Math.log(share) : 0), 0);
