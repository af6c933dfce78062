import { assertShape, type Float } from "@ssl-vit/core";
import { reshape, tensor1d, tensor2d, type Tensor2D, tidy } from "@tensorflow/tfjs-core";
import { gatherTokens } from "./gather-tokens.js";

/** Where the masked patches of a batch are, when every image may have another number of them. The caller owns the tensors. */
export interface MaskedPatches {
  /** M, over all images; may be 0. */
  readonly count: number;
  /**
   * int32 [1, max(M, 1)]: their places among the B·P patches of the batch, in order. Where nothing is masked the first patch stands in, with weight 0:
   * what is computed of masked patches then has a gradient (of zeros) all the same, on every process of a run.
   */
  readonly indices: Tensor2D;
  /** 1 / (masked patches of its image · B), [max(M, 1)]. Sums with them are means over the masked patches of an image, then over all images: one without any adds 0. */
  readonly weights: Float<"M">;
}

/**
 * Finds the masked patches of a batch; a mask is read back from the device.
 *
 * @param mask 1 = masked (`blockMask`)
 * @throws ShapeError for a mask that is not [B, P]
 */
export function maskedPatches(mask: Float<"B P">): MaskedPatches {
  assertShape("masking", "mask", mask, [-1, -1]);
  const [batch, patches] = mask.shape;
  const values = mask.dataSync<"float32">();
  const indices: number[] = [];
  const weights: number[] = [];
  for (let image = 0; image < batch; image++) {
    const before = indices.length;
    for (let place = image * patches; place < (image + 1) * patches; place++) if (values[place] !== 0) indices.push(place);
    const ofImage = indices.length - before;
    for (let patch = 0; patch < ofImage; patch++) weights.push(1 / (ofImage * batch));
  }
  const rows = Math.max(indices.length, 1);
  const padded = (list: readonly number[]): readonly number[] => (list.length === 0 ? [0] : list);
  return { count: indices.length, indices: tensor2d(Int32Array.from(padded(indices)), [1, rows], "int32"), weights: tensor1d(Float32Array.from(padded(weights))) };
}

/**
 * The tokens of masked patches, one row for each of `indices`.
 *
 * @param tokens of every patch, of the batch that was masked
 * @returns [max(M, 1), D], the caller's, differentiable in `tokens`
 */
export function gatherMasked(tokens: Float<"B P D">, { indices }: MaskedPatches): Float<"M D"> {
  assertShape("masking", "tokens", tokens, [-1, -1, -1]);
  const [batch, patches, dim] = tokens.shape;
  return tidy(() => reshape(gatherTokens(reshape(tokens, [1, batch * patches, dim]), indices), [indices.shape[1], dim]));
}
