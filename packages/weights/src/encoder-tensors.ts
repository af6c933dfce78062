import { ConfigError } from "@ssl-vit/core";
import type { FoundEncoder } from "./find-encoder.js";
import type { StateDict } from "./state-dict.js";

/** The tensors of an encoder under our names, whatever a file calls them and however it cuts them. */
export interface EncoderTensors {
  /** Ours, of those that are there whole. */
  readonly names: ReadonlySet<string>;
  /** Those that were there and are left out on purpose. */
  readonly leftOut: ReadonlySet<string>;
  /** Shape of one of `names`. */
  shape(name: string): readonly number[];
  /** Values of one of `names`, row by row. */
  read(name: string): Promise<Float32Array>;
  /** As of `StateDict`. */
  readInto?(name: string, values: Float32Array): Promise<void>;
}

/** What a file's names are in an encoder of ours. */
export interface TranslatedEncoder extends FileNames {
  readonly tensors: EncoderTensors;
}

/** The file's own names, in full, for messages. */
export interface FileNames {
  /** Names that mean nothing to us. */
  readonly unknown: readonly string[];
  /** Our names of what is there, whole or in part, and what the file calls it; parts from top to bottom. */
  readonly sources: ReadonlyMap<string, readonly string[]>;
  /** What the file would call that which is missing of a tensor of ours. */
  readonly missing: (name: string) => readonly string[];
}

/**
 * Reads a file's names as ours.
 *
 * @param isComplete whether the file is the model alone, so that names beside its prefix count too
 */
export function translateEncoder(state: StateDict, { keys, prefix }: FoundEncoder, isComplete: boolean): TranslatedEncoder {
  const partsOf = new Map<string, { readonly count: number; readonly sources: Map<number, string> }>();
  const unknown: string[] = [];
  for (const source of state.names) {
    const isInside = source.startsWith(prefix);
    if (!isInside && !isComplete) continue;
    // A name without the prefix counts too: transformers 5.24 leaves it out before the blocks alone of a ViTMSNForImageClassification.
    const own = keys.toOurs(isInside ? source.slice(prefix.length) : source);
    if (own === "ignored") continue;
    if (own === undefined) {
      unknown.push(source);
      continue;
    }
    const entry = partsOf.get(own.name) ?? { count: own.parts, sources: new Map<number, string>() };
    partsOf.set(own.name, entry);
    if (entry.sources.has(own.part)) unknown.push(source);
    else entry.sources.set(own.part, source);
  }
  const whole = new Map<string, readonly string[]>();
  for (const [name, { count, sources }] of partsOf) {
    if (sources.size === count) whole.set(name, Array.from({ length: count }, (_, part) => sources.get(part)!));
  }
  return {
    tensors: {
      names: new Set(whole.keys()),
      leftOut: new Set(),
      shape: (name) => joinedShape(whole.get(name)!.map((source) => ({ source, shape: state.info(source).shape }))),
      read: async (name) => {
        const parts: Float32Array[] = [];
        for (const source of whole.get(name)!) parts.push(await state.read(source));
        return parts.length === 1 ? parts[0]! : joined(parts);
      },
      ...(state.readInto === undefined
        ? {}
        : {
            readInto: async (name: string, values: Float32Array) => {
              const sources = whole.get(name)!;
              const size = values.length / sources.length;
              for (const [part, source] of sources.entries()) await state.readInto!(source, values.subarray(part * size, (part + 1) * size));
            },
          }),
    },
    unknown,
    sources: new Map([...partsOf].map(([name, { sources }]) => [name, [...sources].sort(([a], [b]) => a - b).map(([, source]) => source)])),
    missing: (name) => keys.toTheirs(name).flatMap((theirs, part) => (partsOf.get(name)?.sources.has(part) === true ? [] : [prefix + theirs])),
  };
}

/** The shape of parts one below the other. */
function joinedShape(parts: readonly { readonly source: string; readonly shape: readonly number[] }[]): readonly number[] {
  const [first, ...others] = parts;
  for (const { source, shape } of others) {
    if (shape.join() === first!.shape.join()) continue;
    throw new ConfigError({ package: "weights", what: `tensor ${source}`, expected: `shape [${first!.shape.join(", ")}] as of ${first!.source}`, received: `[${shape.join(", ")}]` });
  }
  const [rows, ...rest] = first!.shape;
  // A single number has no rows to lie below each other.
  return rows === undefined ? [] : [rows * parts.length, ...rest];
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((total, { length }) => total + length, 0));
  let position = 0;
  for (const part of parts) {
    all.set(part, position);
    position += part.length;
  }
  return all;
}

/** The same with some tensors left out, and others in their place or beside them. */
export function withTensors(tensors: EncoderTensors, changes: ReadonlyMap<string, { readonly shape: readonly number[]; readonly values: Float32Array } | undefined>): EncoderTensors {
  const names = new Set(tensors.names);
  const leftOut = new Set(tensors.leftOut);
  for (const [name, change] of changes) {
    if (change !== undefined) names.add(name);
    else if (names.delete(name)) leftOut.add(name);
  }
  return {
    names,
    leftOut,
    shape: (name) => changes.get(name)?.shape ?? tensors.shape(name),
    read: (name) => {
      const change = changes.get(name);
      return change === undefined ? tensors.read(name) : Promise.resolve(change.values);
    },
    ...(tensors.readInto === undefined
      ? {}
      : {
          readInto: async (name: string, values: Float32Array) => {
            const change = changes.get(name);
            if (change === undefined) await tensors.readInto!(name, values);
            else values.set(change.values);
          },
        }),
  };
}
