export { barlowTwins, type BarlowTwinsMethod } from "./barlow-twins.js";
export type { BarlowTwinsConfig } from "./config.js";
