import { filesIn } from "#files";
import { assertLocation } from "./assert-location.js";
import { openSafetensors, safetensorsIn } from "./open-safetensors.js";
import { openShards } from "./open-shards.js";
import { openTorchFile, type TorchFileOptions } from "./open-torch-file.js";
import { refusedFile } from "./refused-file.js";
import type { StateDict } from "./state-dict.js";
import type { WeightFiles } from "./weight-files.js";

/** What folders call their weights; the first that is there. */
const USUAL = ["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"];
/** Shards are opened by their index. */
const SHARD = /-\d+-of-\d+\.\w+$/;
const FIX = "Name a .safetensors, .bin, .pth, .pth.tar, .pt or .ckpt file, the .index.json of shards, or a folder with one.";

const isSafetensors = (name: string): boolean => /\.safetensors(\.index\.json)?$/i.test(name);
const isTorch = (name: string): boolean => /\.(bin(\.index\.json)?|pth|pt|pth\.tar|ckpt)$/i.test(name);

/** Undefined where there is no such file. */
async function openNamed(files: WeightFiles, name: string, options: TorchFileOptions): Promise<StateDict | undefined> {
  const openTorch: typeof safetensorsIn = (source) => openTorchFile(source, options);
  if (name.endsWith(".json")) return (await files.readText(name)) === undefined ? undefined : isSafetensors(name) ? openSafetensors(files, name) : openShards(files, name, openTorch);
  const source = await files.open(name);
  if (source === undefined) return undefined;
  return isSafetensors(name) ? safetensorsIn(source) : openTorch(source);
}

async function openFolder(files: WeightFiles, options: TorchFileOptions): Promise<StateDict> {
  for (const name of USUAL) {
    const found = await openNamed(files, name, options);
    if (found !== undefined) return found;
  }
  const names = (await files.list?.()) ?? [];
  const weights = names.filter((name) => (isSafetensors(name) || isTorch(name)) && !SHARD.test(name));
  const only = weights.length === 1 ? await openNamed(files, weights[0]!, options) : undefined;
  if (only !== undefined) return only;
  const graph = await files.open("onnx/model.onnx");
  await graph?.close();
  if (graph !== undefined) throw refusedFile(files.location, "weights", "onnx/model.onnx, a graph for ONNX Runtime and transformers.js", "What runs the graph reads it. Export the encoder as hf, timm or safetensors as well.");
  const received = weights.length > 1 ? weights.join(", ") : names.length > 0 ? names.slice(0, 8).join(", ") : "none of them";
  throw refusedFile(files.location, weights.length > 1 ? "one file of weights" : `${USUAL.slice(0, -1).join(", ")} or ${USUAL.at(-1)!}`, received, FIX);
}

/**
 * Opens weights wherever they are: a folder or a file on disk (in Node), or an address. In a folder it is `model.safetensors`, its shards, `pytorch_model.bin`,
 * its shards, or the only file of weights that there is. Nothing but names and shapes is read.
 *
 * @param options for files of torch.save: which state dict of a checkpoint
 * @throws ConfigError for a location that is empty or no text, where no weights are, where they are cut off or damaged, and for pickles that want to run code
 */
export async function openStateDict(location: string, options: TorchFileOptions = {}): Promise<StateDict> {
  assertLocation(location);
  // A query, as of a signed address, is no part of the name.
  const [path = "", query = ""] = /^https?:/i.test(location) ? location.split(/(?=\?)/) : [location];
  const [, folder, name = ""] = /^(?:(.*)[/\\])?([^/\\]*)$/s.exec(path) ?? [];
  if (!isSafetensors(name) && !isTorch(name)) return openFolder(filesIn(location), options);
  const parent = folder === undefined ? "." : folder === "" ? "/" : folder;
  const found = await openNamed(filesIn(parent + query), name, options);
  if (found === undefined) throw refusedFile(location, "a file of weights", "no such file", FIX);
  return found;
}
