import { axisWeights, type GridSize, type PositionInterpolation } from "./resampling-matrix.js";

/** Options of `resamplePositions`. */
export interface ResamplePositionsOptions {
  readonly oldGrid: GridSize;
  readonly newGrid: GridSize;
  readonly embedDim: number;
  /** Rows before those of the patches, which are kept as they are. Default 0. */
  readonly prefixTokens?: number;
  /** Default `"antialias"`. */
  readonly interpolation?: PositionInterpolation;
}

/**
 * A model's positions for images of another size: what an encoder does in flight (`VitOptions.positionInterpolation`), once for all, so that the
 * result can be trained and saved.
 *
 * @param positions [prefixTokens + oldP, D], flat
 * @returns [prefixTokens + newP, D], flat
 */
export function resamplePositions(positions: Float32Array, { oldGrid, newGrid, embedDim, prefixTokens = 0, interpolation = "antialias" }: ResamplePositionsOptions): Float32Array {
  const resampled = new Float32Array((prefixTokens + newGrid[0] * newGrid[1]) * embedDim);
  resampled.set(positions.subarray(0, prefixTokens * embedDim));
  const old = positions.subarray(prefixTokens * embedDim);
  const columns = axisWeights(oldGrid[1], newGrid[1], interpolation);
  // One axis after the other: rows·newColumns positions between them.
  const wide = new Float64Array(oldGrid[0] * newGrid[1] * embedDim);
  for (let row = 0; row < oldGrid[0]; row++) {
    for (const [column, weights] of columns.entries()) {
      for (const [source, weight] of weights.entries()) accumulate(wide, (row * newGrid[1] + column) * embedDim, old, (row * oldGrid[1] + source) * embedDim, weight, embedDim);
    }
  }
  const patches = new Float64Array(newGrid[0] * newGrid[1] * embedDim);
  for (const [row, weights] of axisWeights(oldGrid[0], newGrid[0], interpolation).entries()) {
    for (const [source, weight] of weights.entries()) {
      accumulate(patches, row * newGrid[1] * embedDim, wide, source * newGrid[1] * embedDim, weight, newGrid[1] * embedDim);
    }
  }
  resampled.set(patches, prefixTokens * embedDim);
  return resampled;
}

/** to[toStart + i] += from[fromStart + i] · weight. */
function accumulate(to: Float64Array, toStart: number, from: Float32Array | Float64Array, fromStart: number, weight: number, count: number): void {
  if (weight === 0) return;
  for (let index = 0; index < count; index++) to[toStart + index] = to[toStart + index]! + from[fromStart + index]! * weight;
}
