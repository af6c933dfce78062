export type { SimmimConfig } from "./config.js";
export { simmim, type Reconstruction, type SimmimMethod } from "./simmim.js";
