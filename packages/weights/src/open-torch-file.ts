import { elementBytes, toFloat32 } from "@ssl-vit/safetensors";
import { absentTensor } from "./absent-tensor.js";
import { findStateDict } from "./find-state-dict.js";
import { gatherStrided, isContiguous } from "./gather-strided.js";
import { openTorchLegacy } from "./open-torch-legacy.js";
import { openTorchZip } from "./open-torch-zip.js";
import type { PickledTensor } from "./pickle-value.js";
import { endOf } from "./pickled-tensor.js";
import { refusedFile } from "./refused-file.js";
import type { StateDict } from "./state-dict.js";
import type { TorchArchive } from "./torch-archive.js";
import type { ByteSource } from "./weight-files.js";

/** Options of {@link openTorchFile}. */
export interface TorchFileOptions {
  /**
   * The keys that lead to the state dict in a checkpoint, joined with dots: `"teacher"`, `"student"`. Without it the file's own tensors, or those in `model`,
   * `state_dict`, `teacher`, `target_encoder`, `encoder` or `student`, the first that is there.
   */
  readonly inside?: string;
}

const ZIP = [0x50, 0x4b, 0x03, 0x04];
const PICKLE = 0x80;

async function openArchive(source: ByteSource): Promise<TorchArchive> {
  const first = await source.read(0, Math.min(ZIP.length, source.length));
  if (ZIP.every((byte, i) => first[i] === byte)) return openTorchZip(source);
  if (first[0] === PICKLE) return openTorchLegacy(source);
  const received = first.length === 0 ? "an empty file" : "another file";
  throw refusedFile(source.location, "a file of torch.save", received, "Files of torch.save start with PK (since PyTorch 1.6) or with a pickle (before).");
}

async function readTensor(archive: TorchArchive, tensor: PickledTensor): Promise<Float32Array> {
  const { storage, dtype, shape, strides, offset } = tensor;
  const size = elementBytes(dtype);
  const values = toFloat32(dtype, await archive.readStorage(storage, offset * size, endOf(tensor) * size));
  return isContiguous(shape, strides) ? values : gatherStrided(values, shape, strides);
}

/**
 * Opens a file of `torch.save`: `.pth`, `.pt`, `.pth.tar`, `pytorch_model.bin`. Its pickle is read as data: no code of it runs, and what is more than tensors
 * and plain data is refused by name. Each tensor is read by its range; checksums are checked where a tensor is the whole of its storage, as almost all are.
 * The state dict closes the source; so does an error here.
 *
 * @throws ConfigError for a file that is no such file, cut off, damaged, or that wants to run code; for several state dicts without `inside`, with their names
 */
export async function openTorchFile(source: ByteSource, { inside }: TorchFileOptions = {}): Promise<StateDict> {
  const { location } = source;
  try {
    const archive = await openArchive(source);
    const tensors = findStateDict(location, archive.value, inside);
    const tensorOf = (name: string): PickledTensor => tensors.get(name) ?? absentTensor(location, name, tensors.size);
    return {
      names: [...tensors.keys()],
      info: (name) => {
        const { dtype, shape } = tensorOf(name);
        return { dtype, shape };
      },
      read: async (name) => readTensor(archive, tensorOf(name)),
      close: () => source.close(),
    };
  } catch (error) {
    await source.close();
    throw error;
  }
}
