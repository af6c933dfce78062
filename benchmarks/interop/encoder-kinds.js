/** @typedef {import("@ssl-vit/vit").VitOptions} VitOptions */

/** @type {VitOptions} */
const small = { imageSize: 32, patchSize: 8, embedDim: 48, depth: 3, numHeads: 3, mlpRatio: 4 };

/**
 * Everything that an encoder can be built of, by what is in it; a name is a folder's.
 *
 * @type {Readonly<Record<string, VitOptions>>}
 */
export const encoderKinds = {
  plain: small,
  "registers, LayerScale": { ...small, registerTokens: 4, layerScale: 0.5 },
  "registers without positions": { ...small, registerTokens: 4, prefixPositions: "cls" },
  "no prefix positions": { ...small, registerTokens: 4, prefixPositions: false },
  "no [CLS]": { ...small, clsToken: false },
  "registers without [CLS]": { ...small, clsToken: false, registerTokens: 4 },
  SwiGLU: { ...small, mlp: "swiglu" },
  "SwiGLU, LayerScale": { ...small, mlp: "swiglu", layerScale: 0.1 },
  rectangle: { ...small, imageSize: [32, 48] },
  "qkv without bias": { ...small, qkvBias: false },
  "fixed positions": { ...small, positionEmbedding: "sincos2d" },
  "one channel": { ...small, channels: 1 },
  "ViT-S at 224": { size: "small", imageSize: 224, patchSize: 16 },
};

/** An encoder together with MAE's decoder, which transformers alone has a class for. */
export const MASKED = "MAE with its decoder";
