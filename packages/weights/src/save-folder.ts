import { writeFolder } from "#folder";
import { assertLocation } from "./assert-location.js";
import type { Saver } from "./write-folder.js";

/** What everything that writes a folder may be told. */
export interface SaveFolderOptions {
  /** Replace files of the same names in a folder that is there already. Default false: refused. */
  readonly overwrite?: boolean;
}

/**
 * Makes files and writes them into a folder.
 *
 * @throws ConfigError as `makeFiles` does; for a folder with something in it unless `overwrite`; in a browser, which has no folders
 */
export async function saveFolder(folder: string, makeFiles: () => Promise<ReadonlyMap<string, string | Uint8Array>>, options: SaveFolderOptions, saver: Saver): Promise<void> {
  assertLocation(folder, "folder");
  const files = await makeFiles();
  await writeFolder(folder, files, options.overwrite ?? false, saver);
}
