import { homedir } from "node:os";
import { join } from "node:path";

/** Where these scripts keep what they build once: a folder of the user's cache, outside of the repository. */
export const cacheFolder = () => join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "ssl-vit");
