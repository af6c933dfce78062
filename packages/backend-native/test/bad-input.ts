import { complex, engine, fill, ones, reshape, slice, type Tensor, tensor } from "@tensorflow/tfjs-core";
import type { Sample } from "./kernel-samples.js";

/** Memory whose arrays do not have it any more. */
function detached(length: number): Float32Array {
  const values = new Float32Array(length);
  structuredClone(values.buffer, { transfer: [values.buffer] });
  return values;
}

/** An array of the last part of memory that has become shorter since. */
export function shrunk(length: number): Float32Array {
  const buffer = new (ArrayBuffer as unknown as new (bytes: number, options: { maxByteLength: number }) => ArrayBuffer & { resize(bytes: number): void })(4 * length + 64, {
    maxByteLength: 4 * length + 64,
  });
  const values = new Float32Array(buffer, 64);
  buffer.resize(32);
  return values;
}

/**
 * What a tensor may be that is not the one a kernel wants, by a word for it. Tensors are made when they are asked for.
 *
 * @param alsoEndless also one whose shape claims more than there can be: a kernel of the CPU backend that took over would loop over it for ever
 */
export function badTensors(good: Tensor, alsoEndless: boolean): Record<string, () => unknown> {
  const { shape, dtype, size } = good;
  const like = (type: "float32" | "int32" | "bool"): Tensor => ones(shape, type);
  const withData = (values: Float32Array): Tensor => {
    // As if the array had changed after the tensor was made: tfjs compares lengths only then.
    const made = tensor(new Float32Array(size), shape);
    (engine().backend as unknown as { data: { get(id: object): { values: Float32Array } } }).data.get(made.dataId).values = values;
    return made;
  };
  const ofShape = (other: number[] | undefined): object => ({ dataId: ones(shape).dataId, dtype: "float32", shape: other });
  return {
    disposed: () => {
      const gone = ones(shape);
      gone.dispose();
      return gone;
    },
    "NaN-filled": () => fill(shape, NaN),
    "infinity-filled": () => fill(shape, Infinity),
    "largest integers": () => fill(shape, 2 ** 31 - 1, "int32"),
    "smallest integers": () => fill(shape, -(2 ** 31), "int32"),
    ...(dtype === "float32" ? {} : { float32: () => like("float32") }),
    ...(dtype === "int32" ? {} : { int32: () => like("int32") }),
    ...(dtype === "bool" ? {} : { bool: () => like("bool") }),
    complex64: () => complex(ones(shape), ones(shape)),
    string: () => fill(shape, "text"),
    empty: () => tensor([], [0], "float32"),
    ...Object.fromEntries(shape.map((_, axis) => [`empty along axis ${axis}`, () => tensor([], shape.with(axis, 0), dtype as "float32")])),
    ...Object.fromEntries(shape.map((length, axis) => [`longer along axis ${axis}`, () => ones(shape.with(axis, length + 1), dtype as "float32")])),
    ...Object.fromEntries(shape.map((length, axis) => [`shorter along axis ${axis}`, () => slice(like(dtype as "float32"), shape.map(() => 0), shape.with(axis, length - 1))])),
    flat: () => reshape(like(dtype as "float32"), [size]),
    "of higher rank": () => reshape(like(dtype as "float32"), [1, ...shape, 1]),
    scalar: () => tensor(1),
    detached: () => withData(detached(size)),
    "on memory that shrank": () => withData(shrunk(size)),
    "on shared memory": () => tensor(new Float32Array(new SharedArrayBuffer(4 * size)), shape),
    "of a larger shape than its data": () => ofShape(shape.map((length) => length + 1)),
    "of a negative shape": () => ofShape(shape.map((length) => -length)),
    ...(alsoEndless ? { "of a shape beyond all memory": () => ofShape(shape.map(() => 2 ** 45)) } : {}),
    "of shape NaN": () => ofShape(shape.map(() => NaN)),
    "of no shape": () => ofShape(undefined),
    "an array": () => new Float32Array(size),
    "a string": () => "x",
    null: () => null,
    nothing: () => undefined,
    "an object": () => ({}),
  };
}

/** Inputs that fit each other as the sample's do, with axes of other sizes: every axis of one size has another one in all of them, and in the attributes. */
export function resized({ inputs, attributes }: Sample): Record<string, () => Sample> {
  const sizes = new Set(Object.values<Tensor>(inputs as Record<string, Tensor>).flatMap(({ shape }) => shape));
  const change = (from: number, to: number): Sample => {
    const among = (value: unknown): unknown => (Array.isArray(value) ? value.map(among) : value === from ? to : value);
    const made = Object.entries<Tensor>(inputs as Record<string, Tensor>).map(([key, { shape, dtype }]) => [key, ones(among(shape) as number[], dtype as "float32")]);
    return {
      inputs: Object.assign(Array.isArray(inputs) ? [] : {}, Object.fromEntries(made)) as Sample["inputs"],
      attributes: Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, among(value)])),
    };
  };
  const calls = [...sizes].flatMap((size) => [0, 1, size + 1].map((other): [string, () => Sample] => [`with ${other} for each ${size}`, () => change(size, other)]));
  return Object.fromEntries(calls);
}

/** What an attribute may be that is not what a kernel wants. */
export const badAttributes: readonly unknown[] = [
  ...[NaN, Infinity, -Infinity, -1, 0, 1.5, 7, -(2 ** 31)],
  ...[undefined, null, true, "", "x", {}, () => 1],
  ...[[], [NaN], [-1], [0, 0], [1.5, 2], ["x"], [[-1, 0], [0, 0]], [NaN, NaN, NaN, NaN], [-2, 4, 6, 3]],
];

/** Sizes beyond all memory. */
export const hugeAttributes: readonly unknown[] = [2 ** 45, 2 ** 53, [1e9, 1], [2 ** 45, 2 ** 45], [[2 ** 45, 0], [0, 0]], [2, 2 ** 45, 6, 3]];
