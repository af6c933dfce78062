import type { FolderOptions } from "./folder-files.js";
import { type DecodedEncoder, maskedAutoencoderFiles } from "./masked-autoencoder-files.js";
import { saveFolder, type SaveFolderOptions } from "./save-folder.js";

/** Options of `saveMaskedAutoencoder`. */
export interface SaveMaskedAutoencoderOptions extends FolderOptions, SaveFolderOptions {}

/**
 * Writes an encoder with MAE's decoder as a folder that transformers' `ViTMAEForPreTraining` and `loadMaskedAutoencoder` load, and `loadEncoder` as well.
 *
 * @throws ConfigError as `maskedAutoencoderFiles` does; for a folder with something in it unless `overwrite`; in a browser, which has no folders
 */
export async function saveMaskedAutoencoder(model: DecodedEncoder, folder: string, options: SaveMaskedAutoencoderOptions = {}): Promise<void> {
  await saveFolder(folder, () => maskedAutoencoderFiles(model, options), options, { name: "saveMaskedAutoencoder", files: "maskedAutoencoderFiles" });
}
