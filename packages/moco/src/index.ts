export type { MocoConfig } from "./config.js";
export { moco, type MocoMethod } from "./moco.js";
