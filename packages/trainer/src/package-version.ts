import { createRequire } from "node:module";

/** This package's version. This file lies as deep in src as what is built from it in dist. */
export const packageVersion: string = (createRequire(import.meta.url)("../package.json") as { version: string }).version;
