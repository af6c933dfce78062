import type { Encoder } from "@ssl-vit/core";
import { writeFolder } from "#folder";
import { encoderFiles, type EncoderFilesOptions } from "./encoder-files.js";

/** Options of `saveEncoder`. */
export interface SaveEncoderOptions extends EncoderFilesOptions {
  /** Replace files of the same names in a folder that is there already. Default false: refused. */
  readonly overwrite?: boolean;
}

/**
 * Writes an encoder as a folder that transformers, timm or ssl-vit load (`encoderFiles`). Files are written beside their places and renamed, so that no half of one is
 * ever there.
 *
 * @throws ConfigError as `encoderFiles` does; for a folder with something in it unless `overwrite`; in a browser, which has no folders
 */
export async function saveEncoder(encoder: Encoder, folder: string, { overwrite = false, ...options }: SaveEncoderOptions): Promise<void> {
  await writeFolder(folder, await encoderFiles(encoder, options), overwrite);
}
