export { loadMethod } from "./load-method.js";
export { run } from "./program.js";
