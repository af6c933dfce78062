import { ConfigError } from "@ssl-vit/core";
import type { writeFolder as WriteFolder } from "./write-folder.js";

/** A browser has no folders to write. */
export const writeFolder: typeof WriteFolder = (folder, _files, _overwrite, { name, files }) =>
  Promise.reject(new ConfigError({ package: "weights", what: name, expected: "a place with folders, as Node has", received: `${folder} in a browser`, fix: `${files} gives the files.` }));
