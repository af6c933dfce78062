import { readFileSync } from "node:fs";
import type { Encoder, ParameterMap } from "@ssl-vit/core";
import { type DecodedTensor, decodeSafetensors } from "@ssl-vit/safetensors";
import { sharedPath } from "@ssl-vit/testing";
import { type Rank, type ShapeMap, tensor, type Tensor } from "@tensorflow/tfjs-core";

export type Tensors = Readonly<Record<string, DecodedTensor>>;

/** Where a golden model lies, or undefined after saying that it is not there. */
export const goldenFolder = (name: string): string | undefined => sharedPath(`golden/models/${name}`);

export const tensorsOf = (file: string): Tensors => decodeSafetensors(readFileSync(file)).tensors;

/** One of a file's tensors on the current backend. */
export function goldenTensor<R extends Rank>(tensors: Tensors, name: string): Tensor<R> {
  const { data, shape } = tensors[name]!;
  return tensor(data as Float32Array, shape as ShapeMap[R]);
}

export const largestOf = (values: ArrayLike<number>): number => Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);

export const variablesOf = ({ parameters, buffers }: Pick<Encoder, "parameters" | "buffers">): ParameterMap => ({ ...parameters, ...buffers });

export function disposeVariables(model: Pick<Encoder, "parameters" | "buffers">): void {
  for (const variable of Object.values(variablesOf(model))) variable.dispose();
}
