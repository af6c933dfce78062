import { readSafetensorsHeader, type TensorEntry, toFloat32 } from "@ssl-vit/safetensors";
import { absentTensor } from "./absent-tensor.js";
import { damagedFile } from "./refused-file.js";
import { openShards } from "./open-shards.js";
import type { StateDict } from "./state-dict.js";
import type { ByteSource, WeightFiles } from "./weight-files.js";

/**
 * The tensors of a safetensors file, each read by its range. The state dict closes the source; so does an error here.
 *
 * @throws ConfigError when the file is no safetensors file, cut off or damaged
 */
export async function safetensorsIn(source: ByteSource): Promise<StateDict> {
  const { location } = source;
  let header;
  try {
    header = await readSafetensorsHeader(source);
  } catch (error) {
    await source.close();
    throw damagedFile(location, "a whole safetensors file", (error as Error).message.replace(/^\[.*?\] /, "").replace(/\.$/, ""), error);
  }
  const { dataStart } = header;
  const entries = new Map<string, TensorEntry>(header.entries.map((entry) => [entry.name, entry]));
  const entryOf = (name: string): TensorEntry => entries.get(name) ?? absentTensor(location, name, entries.size);
  const read = async (name: string): Promise<Float32Array> => {
    const { dtype, begin, end } = entryOf(name);
    return toFloat32(dtype, await source.read(dataStart + begin, dataStart + end));
  };
  return {
    names: [...entries.keys()],
    info: (name) => {
      const { dtype, shape } = entryOf(name);
      return { dtype, shape };
    },
    read,
    ...(source.readInto === undefined
      ? {}
      : {
          readInto: async (name: string, values: Float32Array) => {
            const { dtype, begin } = entryOf(name);
            if (dtype === "F32") await source.readInto!(dataStart + begin, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
            else values.set(await read(name));
          },
        }),
    close: () => source.close(),
  };
}

/**
 * Opens `model.safetensors`, or the shards that `model.safetensors.index.json` names. Headers are read, values are not.
 *
 * @throws ConfigError for a file or a shard that is not there, cut off or damaged, and for an index that names tensors which its shards lack
 */
export function openSafetensors(files: WeightFiles, name: string): Promise<StateDict> {
  return name.endsWith(".json") ? openShards(files, name, safetensorsIn) : openFile(files, name);
}

async function openFile(files: WeightFiles, name: string): Promise<StateDict> {
  const source = await files.open(name);
  if (source === undefined) throw damagedFile(`${files.location}/${name}`, "a safetensors file", "no such file");
  return safetensorsIn(source);
}
