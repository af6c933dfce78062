import { MASKED } from "./encoder-kinds.js";

/** Which form a library reads. */
export const formOf = /** @type {const} */ ({ transformers: "hf", timm: "timm", onnxruntime: "onnx", "onnxruntime-web": "onnx", "transformers.js": "onnx" });

/** @typedef {(typeof formOf)[keyof typeof formOf]} Form */

/**
 * Forms that cannot be of an encoder, by its name. Every other refusal is a mistake, of methods' encoders too.
 *
 * @type {Readonly<Record<string, readonly Form[]>>}
 */
export const expectedRefusals = {
  // No class of transformers has registers and no [CLS] token.
  "registers without [CLS]": ["hf"],
  // Neither timm nor a graph of an encoder has a decoder.
  [MASKED]: ["timm", "onnx"],
};
