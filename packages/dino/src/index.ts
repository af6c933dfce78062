export type { DinoConfig } from "./config.js";
export { dino, type DinoMethod } from "./dino.js";
