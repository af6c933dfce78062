import { readFileSync } from "node:fs";
import type { Encoder, ParameterMap } from "@ssl-vit/core";
import { type DecodedTensor, decodeSafetensors } from "@ssl-vit/safetensors";
import { sharedPath } from "@ssl-vit/testing";
import { type Rank, type ShapeMap, tensor, type Tensor } from "@tensorflow/tfjs-core";
import { expect } from "vitest";

type Tensors = Readonly<Record<string, DecodedTensor>>;

/** A model that another library made, with inputs and results. */
export interface GoldenModel {
  readonly config: Readonly<Record<string, unknown>>;
  readonly weights: Tensors;
  readonly io: Tensors;
}

/** Reads a folder of golden models, or says that it is not there. */
export function goldenModel(name: string): GoldenModel | undefined {
  const folder = sharedPath(`golden/models/${name}`);
  if (folder === undefined) return undefined;
  const read = (file: string): Tensors => decodeSafetensors(readFileSync(`${folder}/${file}`)).tensors;
  const config = JSON.parse(readFileSync(`${folder}/config.json`, "utf8")) as GoldenModel["config"];
  return { config, weights: read("model.safetensors"), io: read("io.safetensors") };
}

/** One of a golden file's tensors on the current backend. */
export function goldenTensor<R extends Rank>(tensors: Tensors, name: string): Tensor<R> {
  const { data, shape } = tensors[name]!;
  return tensor(data as Float32Array, shape as ShapeMap[R]);
}

/** Puts weights into an encoder; expects the very same names and shapes on both sides. */
export function assignWeights({ parameters, buffers }: Encoder, weights: Tensors): void {
  const variables: ParameterMap = { ...parameters, ...buffers };
  expect(Object.keys(variables).sort()).toEqual(Object.keys(weights).sort());
  for (const [name, variable] of Object.entries(variables)) {
    expect(variable.shape, name).toEqual(weights[name]!.shape);
    variable.assign(goldenTensor(weights, name));
  }
}
