import type { NamedValues } from "../src/variable-values.js";
import { type Emitted, pickle, storage, tensor, torchZip } from "./pickle-bytes.js";

/** What a training saves: tensors, numbers and dictionaries, by name. */
export interface Checkpoint {
  readonly [name: string]: NamedValues | number | Checkpoint;
}

const isTensor = (value: NamedValues | Checkpoint): value is NamedValues => value["values"] instanceof Float32Array;

/** A file as torch.save writes it. */
export function torchCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const storages: Record<string, Float32Array> = {};
  const emit = (value: NamedValues | number | Checkpoint): Emitted => {
    if (typeof value === "number") return pickle.int(value);
    if (!isTensor(value)) return pickle.dictionary(...Object.entries(value).map(([name, part]) => [pickle.text(name), emit(part)] as const));
    const key = String(Object.keys(storages).length);
    storages[key] = Float32Array.from(value.values);
    const strides = value.shape.map((_, axis) => value.shape.slice(axis + 1).reduce((product, size) => product * size, 1));
    return tensor(storage(key, value.values.length), value.shape, strides);
  };
  const data = pickle.whole(emit(checkpoint));
  return torchZip(data, storages);
}
