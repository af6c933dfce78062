export type { LejepaConfig } from "./config.js";
export { lejepa, type LejepaMethod } from "./lejepa.js";
