export type { Data2vecConfig } from "./config.js";
export { data2vec, type Data2vecMethod } from "./data2vec.js";
