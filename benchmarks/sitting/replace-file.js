import { renameSync, writeFileSync } from "node:fs";

/** Writes beside the file and renames, so that no half of one is ever there. @param {string} path @param {string} text */
export function replaceFile(path, text) {
  writeFileSync(`${path}.unfinished`, text);
  renameSync(`${path}.unfinished`, path);
}
