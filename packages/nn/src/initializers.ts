import type { Random } from "@ssl-vit/core";
import { fill, tensor, type Tensor, util, type Variable, variable } from "@tensorflow/tfjs-core";

/** Makes the start value of a weight of the given shape, [out, in] for linear layers. */
export type Initializer = (random: Random, shape: readonly number[]) => Variable;

function createVariable(start: Tensor, trainable: boolean): Variable {
  const created = variable(start, trainable);
  start.dispose();
  return created;
}

const valuesOf = (shape: readonly number[], source: (count: number) => Float32Array): Variable =>
  createVariable(tensor(source(util.sizeFromShape([...shape])), [...shape]), true);

/** Normal distribution of mean 0. */
export function normal(random: Random, shape: readonly number[], std: number): Variable {
  return valuesOf(shape, (count) => random.normals(count).map((value) => value * std));
}

/**
 * timm's `trunc_normal_`: a normal distribution cut at ±2 *absolute*. At the deviations in use (0.02) that is 100 σ away, so this is the
 * plain normal distribution; a value beyond ±2 is set to the bound.
 */
export function truncatedNormal(random: Random, shape: readonly number[], std: number): Variable {
  return valuesOf(shape, (count) => random.normals(count).map((value) => Math.min(2, Math.max(-2, value * std))));
}

/** Uniform distribution in [-bound, bound). */
export function uniform(random: Random, shape: readonly number[], bound: number): Variable {
  return valuesOf(shape, (count) => random.uniforms(count).map((value) => (2 * value - 1) * bound));
}

/** PyTorch's own start of a linear layer's weight, [out, in]: uniform within 1 ÷ √in. */
export function fanInUniform(random: Random, shape: readonly number[]): Variable {
  return uniform(random, shape, 1 / Math.sqrt(shape[1]!));
}

/**
 * Glorot and Bengio's uniform distribution: bound √(6 ÷ (in + out)). Takes a weight [out, in], or a kernel [out, …], which counts as the
 * matrix that it is when flattened after its first axis (as MAE starts the patch embedding).
 */
export function xavierUniform(random: Random, shape: readonly number[]): Variable {
  const outputDim = shape[0]!;
  const inputDim = util.sizeFromShape([...shape]) / outputDim;
  return uniform(random, shape, Math.sqrt(6 / (inputDim + outputDim)));
}

/** One value everywhere. */
export function filled(shape: readonly number[], value: number): Variable {
  return createVariable(fill([...shape], value), true);
}

/** A variable that is saved but never trained. */
export function buffer(values: Float32Array, shape: readonly number[]): Variable {
  return createVariable(tensor(values, [...shape]), false);
}
