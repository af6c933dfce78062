export { byol, type ByolMethod } from "./byol.js";
export type { ByolConfig } from "./config.js";
