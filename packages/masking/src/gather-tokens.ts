import { assertShape, backendKernel, type Float } from "@ssl-vit/core";
import { add, customGrad, gather, type GradSaveFunc, range, reshape, scatterND, type Tensor, type Tensor2D, tidy } from "@tensorflow/tfjs-core";
import { assertIndices } from "./assert-indices.js";

/**
 * Picks tokens image by image: result[b, m] = tokens[b, indices[b, m]].
 *
 * Where the backend has no kernel for it, it differs from tfjs's `gather` with `batchDims: 1` in its gradient, which is one scatter for the whole batch, made of a kernel
 * that the wasm backend has as well.
 *
 * @param indices int32 [B, M], each in 0 … P − 1 (not checked: it would need a read from the device)
 * @returns [B, M, D], owned by the caller, differentiable in `tokens`
 * @throws ShapeError when the batches differ or the indices are not int32
 */
export function gatherTokens(tokens: Float<"B P D">, indices: Tensor2D): Float<"B N D"> {
  assertShape("masking", "tokens", tokens, [-1, -1, -1]);
  const [batch, patches, dim] = tokens.shape;
  assertIndices("indices", indices, [batch, -1]);
  const [kernel, gradient] = [backendKernel("GatherTokens"), backendKernel("GatherTokensGrad")];
  if (kernel !== undefined && gradient !== undefined) {
    return customGrad<Float<"B N D">>((_, save) => {
      (save as GradSaveFunc)([indices]);
      const gradFunc = (dy: Float<"B N D">, [savedIndices]: Tensor[]): Tensor[] => gradient({ dy, indices: savedIndices! }, { tokens: patches });
      return { value: kernel({ x: tokens, indices })[0] as Float<"B N D">, gradFunc };
    })(tokens);
  }
  const count = indices.shape[1];
  return customGrad<Float<"B N D">>((_, save) => {
    const firstRows = reshape(range(0, batch * patches, patches, "int32"), [batch, 1]);
    const rows = reshape(add(indices, firstRows), [batch * count]); // [B·M], rows of the tokens as [B·P, D]
    (save as GradSaveFunc)([rows]);
    const picked = gather(reshape(tokens, [batch * patches, dim]), rows); // [B·M, D]
    const gradFunc = (dy: Float<"B N D">, saved: Tensor[]): Tensor =>
      tidy(() => {
        const positions = reshape(saved[0]!, [batch * count, 1]);
        return reshape(scatterND(positions, reshape(dy, [batch * count, dim]), [batch * patches, dim]), [batch, patches, dim]);
      });
    return { value: reshape(picked, [batch, count, dim]), gradFunc };
  })(tokens);
}
