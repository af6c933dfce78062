export type { SwavConfig } from "./config.js";
export { swav, type SwavMethod } from "./swav.js";
