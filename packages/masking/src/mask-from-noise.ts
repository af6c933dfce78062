import { assertShape, ConfigError, type Float, ShapeError } from "@ssl-vit/core";
import { Tensor, tensor2d } from "@tensorflow/tfjs-core";
import type { PatchMask } from "./patch-mask.js";

/** Noise that is not in a tensor: `values` row by row. */
export interface PatchNoise {
  readonly values: Float32Array;
  /** [B, P] */
  readonly shape: readonly [number, number];
}

/** The positions of a row's values in ascending order; equal values keep their order. */
function argsort(row: Float32Array): Int32Array {
  return Int32Array.from(row.keys()).sort((a, b) => row[a]! - row[b]! || a - b);
}

function hostValues(noise: Float<"B P"> | PatchNoise): Float32Array {
  if (noise instanceof Tensor) {
    assertShape("masking", "noise", noise, [-1, -1]);
    return noise.dataSync<"float32">();
  }
  const { values, shape } = noise;
  if (values.length !== shape[0] * shape[1]) {
    throw new ShapeError({ package: "masking", what: "noise", expected: `${shape[0] * shape[1]} values ([${shape.join(", ")}])`, received: String(values.length) });
  }
  return values;
}

/**
 * Masks the patches with the highest noise: the `keep` patches with the lowest stay visible (MAE's `random_masking`,
 * https://arxiv.org/abs/2111.06377, Appendix A.1; checked against Hugging Face's ViTMAE).
 *
 * @param noise one number a patch, [B, P]; a tensor is read back from the device
 * @param keep how many patches of an image stay visible, 1 … P − 1
 * @returns tensors that the caller owns (see `disposeMask`)
 * @throws ConfigError when no patch would stay visible, or none be masked; ShapeError for noise that is not [B, P]
 */
export function maskFromNoise(noise: Float<"B P"> | PatchNoise, keep: number): PatchMask {
  const values = hostValues(noise);
  const [batch, patches] = noise.shape;
  if (!(Number.isInteger(keep) && keep >= 1 && keep < patches)) {
    throw new ConfigError({ package: "masking", what: "keep", expected: `a whole number from 1 to ${patches - 1}`, received: String(keep) });
  }
  const masked = patches - keep;
  const visibleIndices = new Int32Array(batch * keep);
  const maskedIndices = new Int32Array(batch * masked);
  const restoreIndices = new Int32Array(batch * patches);
  const mask = new Float32Array(batch * patches);
  for (let image = 0; image < batch; image++) {
    const start = image * patches;
    const order = argsort(values.subarray(start, start + patches));
    visibleIndices.set(order.subarray(0, keep), image * keep);
    maskedIndices.set(order.subarray(keep), image * masked);
    for (const [position, patch] of order.entries()) {
      restoreIndices[start + patch] = position;
      mask[start + patch] = position < keep ? 0 : 1;
    }
  }
  return {
    visibleIndices: tensor2d(visibleIndices, [batch, keep], "int32"),
    maskedIndices: tensor2d(maskedIndices, [batch, masked], "int32"),
    restoreIndices: tensor2d(restoreIndices, [batch, patches], "int32"),
    mask: tensor2d(mask, [batch, patches]),
  };
}
