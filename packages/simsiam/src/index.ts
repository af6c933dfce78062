export type { SimsiamConfig } from "./config.js";
export { simsiam, type SimsiamMethod } from "./simsiam.js";
