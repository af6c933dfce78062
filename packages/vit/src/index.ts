export { createPatchDecoder, type PatchDecoder, type PatchDecoderOptions } from "./create-patch-decoder.js";
export { patchify } from "./patchify.js";
export { resamplePositions, type ResamplePositionsOptions } from "./resample-positions.js";
export type { PositionInterpolation } from "./resampling-matrix.js";
export { sincos2dPositions, type Sincos2dOptions } from "./sincos-2d-positions.js";
export { vit } from "./vit.js";
export type { VitConfig, VitOptions } from "./vit-options.js";
export { type VitSize, vitSizes } from "./vit-sizes.js";
