import type { Float, ParameterMap, Random } from "@ssl-vit/core";
import { linear } from "@ssl-vit/nn";
import { reshape, type Tensor4D, tidy, transpose } from "@tensorflow/tfjs-core";
import { initializations } from "./initializations.js";
import { patchify } from "./patchify.js";
import type { VitConfig } from "./vit-options.js";

interface PatchEmbedding {
  /** `proj.weight` [D, C, P, P] and `proj.bias` [D]: timm's convolution. */
  readonly parameters: ParameterMap;
  /** [B, Y, X, C] → [B, P, D]. */
  apply(images: Float<"B Y X C">): Float<"B P D">;
}

/**
 * The convolution whose stride is its size, as one product over the patches: every backend is fast at it, and wasm has no gradient of a
 * convolution's kernel. The kernel, not the images, is reordered to the patches' (row, column, channel): it is the smaller.
 */
export function createPatchEmbedding(random: Random, { patchSize, channels, embedDim, initialization }: VitConfig): PatchEmbedding {
  const { patchKernel, patchBias } = initializations[initialization];
  const shape = [embedDim, channels, patchSize, patchSize] as const;
  const weight = patchKernel(random.derive("weight"), shape);
  const bias = patchBias(random.derive("bias"), shape);
  return {
    parameters: { "proj.weight": weight, "proj.bias": bias },
    apply: (images) =>
      tidy(() => {
        const kernel = reshape(transpose(weight as Tensor4D, [0, 2, 3, 1]), [embedDim, -1]); // [D, P·P·C]
        return linear(patchify(images, patchSize), kernel, bias);
      }),
  };
}
