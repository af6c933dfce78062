export { createPatchDecoder, type PatchDecoder, type PatchDecoderOptions } from "./create-patch-decoder.js";
export { patchify } from "./patchify.js";
export { sincos2dPositions, type Sincos2dOptions } from "./sincos-2d-positions.js";
export { vit } from "./vit.js";
export type { VitConfig, VitOptions } from "./vit-options.js";
export { type VitSize, vitSizes } from "./vit-sizes.js";
