import { fileURLToPath } from "node:url";

/** Where data lie that many use: `SSL_VIT_SHARED`, or the folder `shared` beside the repository. */
export const sharedFolder = () => process.env["SSL_VIT_SHARED"] ?? fileURLToPath(new URL("../../../shared", import.meta.url));
