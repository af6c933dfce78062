import { ConfigError } from "@ssl-vit/core";
import type { writeFolder as WriteFolder } from "./write-folder.js";

/** A browser has no folders to write. */
export const writeFolder: typeof WriteFolder = (folder) => {
  return Promise.reject(new ConfigError({ package: "weights", what: "saveEncoder", expected: "a place with folders, as Node has", received: `${folder} in a browser`, fix: "encoderFiles gives the files." }));
};
