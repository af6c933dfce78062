export type { MsnConfig } from "./config.js";
export { msn, type MsnMethod } from "./msn.js";
