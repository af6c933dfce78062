export type { VicregConfig } from "./config.js";
export { vicreg, type VicregMethod } from "./vicreg.js";
