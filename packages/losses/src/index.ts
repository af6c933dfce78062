export { dinoCrossEntropy, type DinoCrossEntropyOptions } from "./dino-cross-entropy.js";
export { embeddingDeviation } from "./embedding-deviation.js";
export { maskedPatchMse, type MaskedPatchMseOptions } from "./masked-patch-mse.js";
export { ntXent, type NtXentOptions } from "./nt-xent.js";
export { updateCenter, type UpdateCenterOptions } from "./update-center.js";
