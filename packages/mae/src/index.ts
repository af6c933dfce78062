export type { MaeConfig } from "./config.js";
export { mae, type MaeMethod, type Reconstruction } from "./mae.js";
