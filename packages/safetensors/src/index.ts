export { decodeSafetensors, type Safetensors } from "./decode-safetensors.js";
export { type ElementArrays, elementBytes, type ElementType } from "./element-type.js";
export { encodeSafetensors } from "./encode-safetensors.js";
export { type FloatType, fromFloat32 } from "./from-float32.js";
export type { SafetensorsHeader, TensorEntry } from "./header.js";
export { layOutSafetensors, type SafetensorsLayout, type TensorInfo } from "./lay-out-safetensors.js";
export { type HeaderSource, readSafetensorsHeader } from "./read-safetensors-header.js";
export type { DecodedTensor, SafeTensor } from "./safe-tensor.js";
export { toFloat32 } from "./to-float32.js";
