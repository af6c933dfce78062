export type { SimclrConfig } from "./config.js";
export { simclr, type SimclrMethod } from "./simclr.js";
