export type { Dinov2Config } from "./config.js";
export { dinov2, type Dinov2Method } from "./dinov2.js";
