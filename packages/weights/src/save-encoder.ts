import type { Encoder } from "@ssl-vit/core";
import { encoderFiles, type EncoderFilesOptions } from "./encoder-files.js";
import { saveFolder, type SaveFolderOptions } from "./save-folder.js";

/** Options of `saveEncoder`. */
export interface SaveEncoderOptions extends EncoderFilesOptions, SaveFolderOptions {}

/**
 * Writes an encoder as a folder that transformers, timm or ssl-vit load (`encoderFiles`). Files are written beside their places and renamed, so that no half of one is
 * ever there.
 *
 * @throws ConfigError as `encoderFiles` does; for a folder with something in it unless `overwrite`; in a browser, which has no folders
 */
export async function saveEncoder(encoder: Encoder, folder: string, options: SaveEncoderOptions): Promise<void> {
  await saveFolder(folder, () => encoderFiles(encoder, options), options, { name: "saveEncoder", files: "encoderFiles" });
}
