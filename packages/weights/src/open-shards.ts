import { absentTensor } from "./absent-tensor.js";
import { isRecord } from "./config-fields.js";
import { damagedFile, refusedFile } from "./refused-file.js";
import type { StateDict } from "./state-dict.js";
import type { ByteSource, WeightFiles } from "./weight-files.js";

/** Names in a message, as many as a reader takes in. */
const SHOWN = 8;

const listed = (names: readonly string[]): string => {
  const sorted = [...names].sort();
  return sorted.slice(0, SHOWN).join(", ") + (sorted.length > SHOWN ? ` and ${sorted.length - SHOWN} more` : "");
};

/** A shard lies beside its index: an index from elsewhere may not name files of other folders. */
const isFileName = (name: unknown): name is string => typeof name === "string" && /^[^/\\]+$/.test(name) && name !== "." && name !== "..";

/** The file of every tensor. */
function readIndex(location: string, text: string): Map<string, string> {
  let index: unknown;
  try {
    index = JSON.parse(text);
  } catch (error) {
    throw damagedFile(location, "JSON", (error as Error).message, error);
  }
  const weights = isRecord(index) ? index["weight_map"] : undefined;
  if (!isRecord(weights)) throw damagedFile(location, 'an object "weight_map"', weights === undefined ? "none" : JSON.stringify(weights).slice(0, 80));
  return new Map(
    Object.entries(weights).map(([tensor, file]) => {
      if (!isFileName(file)) throw refusedFile(`${location}, "${tensor}"`, "the name of a file beside the index", JSON.stringify(file), "An index names files of its own folder.");
      return [tensor, file];
    }),
  );
}

async function openAll(files: WeightFiles, location: string, names: readonly string[], openOne: (source: ByteSource) => Promise<StateDict>): Promise<Map<string, StateDict>> {
  const shards = new Map<string, StateDict>();
  try {
    const absent: string[] = [];
    for (const name of names) {
      const source = await files.open(name);
      if (source === undefined) absent.push(name);
      // After the first that is absent the others are only looked for.
      else if (absent.length > 0) await source.close();
      else shards.set(name, await openOne(source));
    }
    if (absent.length > 0) throw refusedFile(location, `all ${names.length} shards beside it`, `no ${listed(absent)}`, "Download the missing shards into the same folder.");
    return shards;
  } catch (error) {
    await closeAll(shards.values());
    throw error;
  }
}

async function closeAll(shards: Iterable<StateDict>): Promise<void> {
  for (const shard of shards) await shard.close();
}

function assertHeld(location: string, shards: ReadonlyMap<string, StateDict>, fileOf: ReadonlyMap<string, string>): void {
  const held = new Map([...shards].map(([file, { names }]) => [file, new Set(names)]));
  const absent = [...fileOf].filter(([tensor, file]) => !held.get(file)!.has(tensor));
  if (absent.length > 0) {
    const received = `none of ${listed(absent.map(([tensor, file]) => `${tensor} (${file})`))}`;
    throw refusedFile(location, "every tensor of the index in its shard", received, "Index and shards are of different models: download them anew.");
  }
}

/**
 * The tensors that an index says are in several files beside it. What a shard holds beyond the index is left out.
 *
 * @throws ConfigError for an index that is none, for shards that are not there, and for tensors that their shard lacks
 */
export async function openShards(files: WeightFiles, name: string, openOne: (source: ByteSource) => Promise<StateDict>): Promise<StateDict> {
  const location = `${files.location}/${name}`;
  const text = await files.readText(name);
  if (text === undefined) throw damagedFile(location, "an index of shards", "no such file");
  const fileOf = readIndex(location, text);
  const shards = await openAll(files, location, [...new Set(fileOf.values())].sort(), openOne);
  try {
    assertHeld(location, shards, fileOf);
  } catch (error) {
    await closeAll(shards.values());
    throw error;
  }
  const shardOf = (tensor: string): StateDict => shards.get(fileOf.get(tensor) ?? absentTensor(location, tensor, fileOf.size))!;
  return {
    names: [...fileOf.keys()],
    info: (tensor) => shardOf(tensor).info(tensor),
    read: (tensor) => shardOf(tensor).read(tensor),
    ...([...shards.values()].every(({ readInto }) => readInto !== undefined) ? { readInto: (tensor: string, values: Float32Array) => shardOf(tensor).readInto!(tensor, values) } : {}),
    close: () => closeAll(shards.values()),
  };
}
