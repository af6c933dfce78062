export { drawAttention, type AttentionOptions } from "./draw-attention.js";
export { drawReconstructions, type ReconstructionOptions } from "./draw-reconstructions.js";
export { type Picture, savePicture } from "./picture.js";
