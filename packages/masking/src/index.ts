export { assertBlockRatio } from "./assert-block-ratio.js";
export { blockMask, type BlockMaskOptions } from "./block-mask.js";
export { gatherTokens } from "./gather-tokens.js";
export { maskFromNoise, type PatchNoise } from "./mask-from-noise.js";
export { gatherMasked, type MaskedPatches, maskedPatches } from "./masked-patches.js";
export { disposeMask, type PatchMask } from "./patch-mask.js";
export { randomMask, type RandomMaskOptions } from "./random-mask.js";
export { restoreTokens } from "./restore-tokens.js";
export { visiblePatches } from "./visible-patches.js";
