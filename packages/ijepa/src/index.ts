export type { IjepaConfig } from "./config.js";
export { ijepa, type IjepaMethod } from "./ijepa.js";
