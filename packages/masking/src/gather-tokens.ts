import { assertShape, backendKernel, type Float, withGradient } from "@ssl-vit/core";
import { add, gather, range, reshape, scatterND, type Tensor2D } from "@tensorflow/tfjs-core";
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
    return withGradient(
      [tokens],
      (save) => {
        save([indices]);
        return kernel({ x: tokens, indices })[0] as Float<"B N D">;
      },
      (dy, [savedIndices]) => gradient({ dy, indices: savedIndices! }, { tokens: patches }),
    );
  }
  const count = indices.shape[1];
  return withGradient<Float<"B N D">>(
    [tokens],
    (save) => {
      const firstRows = reshape(range(0, batch * patches, patches, "int32"), [batch, 1]);
      const rows = reshape(add(indices, firstRows), [batch * count]); // [B·M], rows of the tokens as [B·P, D]
      save([rows]);
      return reshape(gather(reshape(tokens, [batch * patches, dim]), rows), [batch, count, dim]);
    },
    (dy, [rows]) => {
      const positions = reshape(rows!, [batch * count, 1]);
      return [reshape(scatterND(positions, reshape(dy, [batch * count, dim]), [batch * patches, dim]), [batch, patches, dim])];
    },
  );
}
