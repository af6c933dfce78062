export type { MyMethodConfig } from "./config.js";
export { myMethod, type MyMethodMethod } from "./my-method.js";
