export { drawAttention, type AttentionOptions } from "./draw-attention.js";
export { drawReconstructions, type ReconstructionOptions } from "./draw-reconstructions.js";
export { drawViews, type ViewsOptions } from "./draw-views.js";
export { type Picture, savePicture } from "./picture.js";
