import { type DataType, type TensorInfo } from "@tensorflow/tfjs-core";
import { binding } from "../binding.js";
import { replace } from "../kernel.js";
import type { ArrayOf, NativeBackend, NumericType } from "../native-backend.js";

type Conversion = (backend: NativeBackend, x: TensorInfo) => TensorInfo;

function conversion<From extends NumericType, To extends NumericType>(from: From, to: To, compute: (x: ArrayOf[From], y: ArrayOf[To]) => void): Conversion {
  return (backend, x) => {
    const { tensor, values } = backend.fresh(x.shape, to);
    compute(backend.valuesOf(x, from), values);
    return tensor;
  };
}

/** By the dtype before and the dtype after; where both are the same, the CPU backend shares the data. */
const conversions: Record<string, Record<string, Conversion>> = {
  float32: {
    int32: conversion("float32", "int32", (x, y) => { binding.floatsToIntegers(x, y); }),
    bool: conversion("float32", "bool", (x, y) => { binding.floatsToTruths(x, y); }),
  },
  int32: {
    float32: conversion("int32", "float32", (x, y) => { binding.integersToFloats(x, y); }),
    bool: conversion("int32", "bool", (x, y) => { binding.integersToTruths(x, y); }),
  },
  bool: {
    float32: conversion("bool", "float32", (x, y) => { binding.truthsToFloats(x, y); }),
    int32: conversion("bool", "int32", (x, y) => { binding.truthsToIntegers(x, y); }),
  },
};

export function registerCast(): void {
  // The CPU backend keeps integers as they are where floats are asked for, and every kernel after it would have to convert them.
  replace<{ x: TensorInfo }, { dtype: DataType }>("Cast", ({ inputs: { x }, attrs: { dtype }, backend }) => conversions[x.dtype]?.[dtype]?.(backend, x));
}
