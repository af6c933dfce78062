import { createRequire } from "node:module";

/** The version of this package, read beside its sources or its build. */
export const packageVersion = (): string => (createRequire(import.meta.url)("../package.json") as { version: string }).version;
