export { cmae, type CmaeMethod } from "./cmae.js";
export type { CmaeConfig } from "./config.js";
