export { decodeSafetensors, type Safetensors } from "./decode-safetensors.js";
export type { ElementType } from "./element-type.js";
export { encodeSafetensors } from "./encode-safetensors.js";
export type { DecodedTensor, SafeTensor } from "./safe-tensor.js";
