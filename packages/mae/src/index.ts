export type { MaeConfig } from "./config.js";
export { mae, type MaeMethod } from "./mae.js";
