import type { EncoderLayout, Float, ParameterMap, Random } from "@ssl-vit/core";
import { buffer, truncatedNormal } from "@ssl-vit/nn";
import { concat, matMul, reshape, slice, tensor2d, type Tensor3D, tidy, zeros } from "@tensorflow/tfjs-core";
import { resamplingMatrix } from "./resampling-matrix.js";
import { sincos2dPositions } from "./sincos-2d-positions.js";
import type { VitConfig } from "./vit-options.js";

interface PositionEmbedding {
  /** `pos_embed` [1, N, D], learned… */
  readonly parameters: ParameterMap;
  /** …or fixed. */
  readonly buffers: ParameterMap;
  /** Positions of [CLS] and registers, [1, K, D], zeros for those that have none; undefined where no one has. */
  prefix(): Float<"B N D"> | undefined;
  /** Positions of a grid of patches, [1, P, D]; interpolated where it is not the layout's. */
  patches(gridSize: readonly [number, number]): Float<"B P D">;
}

/** Positions as timm keeps them: one row for each prefix token (if they have positions), then one for each patch. */
export function createPositionEmbedding(random: Random, config: VitConfig, layout: EncoderLayout): PositionEmbedding {
  const { embedDim, gridSize, hasClsToken, registerTokens } = layout;
  const { prefixPositions } = config;
  const prefixTokens = prefixPositions === false ? 0 : Number(hasClsToken) + (prefixPositions === "cls" ? 0 : registerTokens);
  const patchCount = gridSize[0] * gridSize[1];
  const shape = [1, prefixTokens + patchCount, embedDim];
  const isLearned = config.positionEmbedding === "learned";
  const positions = isLearned
    ? truncatedNormal(random, shape, 0.02)
    : buffer(sincos2dPositions({ gridSize, embedDim, prefixTokens }), shape);
  const rows = (from: number, count: number): Float<"B N D"> => slice(positions as Tensor3D, [0, from, 0], [1, count, embedDim]);
  return {
    parameters: isLearned ? { pos_embed: positions } : {},
    buffers: isLearned ? {} : { pos_embed: positions },
    prefix: () => {
      if (prefixTokens === 0) return undefined;
      const withPosition = rows(0, prefixTokens);
      const others = Number(hasClsToken) + registerTokens - prefixTokens;
      return others === 0 ? withPosition : tidy(() => concat([withPosition, zeros([1, others, embedDim])], 1));
    },
    patches: (newGrid) => {
      const trained = rows(prefixTokens, patchCount);
      if (newGrid[0] === gridSize[0] && newGrid[1] === gridSize[1]) return trained;
      return tidy(() => {
        const newCount = newGrid[0] * newGrid[1];
        const matrix = tensor2d(resamplingMatrix(gridSize, newGrid, config.positionInterpolation), [newCount, patchCount]);
        return reshape(matMul(matrix, reshape(trained, [patchCount, embedDim])), [1, newCount, embedDim]); // [1, P, D]
      });
    },
  };
}
