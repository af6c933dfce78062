import { writeFolder } from "#folder";
import type { FolderOptions } from "./folder-files.js";
import { type DecodedEncoder, maskedAutoencoderFiles } from "./masked-autoencoder-files.js";

/** Options of `saveMaskedAutoencoder`. */
export interface SaveMaskedAutoencoderOptions extends FolderOptions {
  /** Replace files of the same names in a folder that is there already. Default false: refused. */
  readonly overwrite?: boolean;
}

/**
 * Writes an encoder with MAE's decoder as a folder that transformers' `ViTMAEForPreTraining` and `loadMaskedAutoencoder` load, and `loadEncoder` as well.
 *
 * @throws ConfigError as `maskedAutoencoderFiles` does; for a folder with something in it unless `overwrite`; in a browser, which has no folders
 */
export async function saveMaskedAutoencoder(model: DecodedEncoder, folder: string, { overwrite = false, ...options }: SaveMaskedAutoencoderOptions = {}): Promise<void> {
  await writeFolder(folder, await maskedAutoencoderFiles(model, options), overwrite);
}
