import { ConfigError, prefixParameters, type EncoderLayout, type Float, type ParameterMap, type Random } from "@ssl-vit/core";
import type { MultiBlockMask } from "@ssl-vit/masking";
import { buffer, createBlock, createLayerNorm, createLinear, normal } from "@ssl-vit/nn";
import { sincos2dPositions } from "@ssl-vit/vit";
import { add, concat, gather, reshape, slice, tidy, type Rank, type Tensor1D, type Tensor2D, type Tensor3D } from "@tensorflow/tfjs-core";
import type { IjepaConfig } from "./config.js";

/** Tells what the encoder would give at places that it has not seen. */
interface Predictor {
  /** The names of `VisionTransformerPredictor`: `mask_token`, `predictor_embed.*`, `predictor_blocks.0.*`, …, `predictor_norm.*`, `predictor_proj.*`. */
  readonly parameters: ParameterMap;
  /** `predictor_pos_embed`, fixed. */
  readonly buffers: ParameterMap;
  /** Tokens of the context's patches, [B, M, D] → predictions of each target block's patches, [B·T, N, D], image after image. The caller's. */
  predict(context: Float<"B P D">, mask: MultiBlockMask): Float<"B P D">;
}

/** A narrow ViT: each block's mask tokens, which know their places, beside the context. The blocks of an image do not see each other. */
export function createPredictor(random: Random, layout: EncoderLayout, { predictorDim: dim, predictorDepth, predictorHeads, targets }: IjepaConfig): Predictor {
  const { embedDim, gridSize } = layout;
  const patches = gridSize[0] * gridSize[1];
  const numHeads = predictorHeads === 0 ? layout.numHeads : predictorHeads;
  if (dim % numHeads !== 0) throw new ConfigError({ package: "ijepa", what: "predictorHeads", expected: `a divisor of predictorDim ${dim}`, received: String(numHeads) });
  const embed = createLinear(random.derive("embed"), { inputDim: embedDim, outputDim: dim });
  const maskToken = normal(random.derive("mask_token"), [1, 1, dim], 0.02);
  const positions = buffer(sincos2dPositions({ gridSize, embedDim: dim }), [1, patches, dim]);
  const blocks = Array.from({ length: predictorDepth }, (_, index) => createBlock(random.derive("blocks", index), { dim, numHeads, mlpRatio: 4 }));
  const norm = createLayerNorm({ dim });
  const projection = createLinear(random.derive("proj"), { inputDim: dim, outputDim: embedDim });

  /** Positions of patches, [B, M] → [B, M, dim]. */
  const positionsAt = (indices: Tensor2D): Float<"B P D"> => {
    const flat: Tensor1D = reshape<Rank.R1>(indices, [indices.size]);
    return reshape(gather(reshape(positions, [patches, dim]), flat), [...indices.shape, dim]);
  };

  return {
    parameters: {
      mask_token: maskToken,
      ...prefixParameters({
        predictor_embed: embed.parameters,
        ...Object.fromEntries(blocks.map(({ parameters }, index) => [`predictor_blocks.${index}`, parameters])),
        predictor_norm: norm.parameters,
        predictor_proj: projection.parameters,
      }),
    },
    buffers: { predictor_pos_embed: positions },
    predict: (context, { contextIndices, targetIndices }) =>
      tidy(() => {
        const [batch, seen] = contextIndices.shape;
        const placed = add<Float<"B P D">>(embed.apply(context), positionsAt(contextIndices)); // [B, M, dim]
        const perBlock: Float<"B P D"> = reshape(concat(Array<Tensor3D>(targets).fill(placed), 1), [batch * targets, seen, dim]);
        const asked = add<Float<"B P D">>(reshape(positionsAt(targetIndices), [batch * targets, -1, dim]), maskToken); // [B·T, N, dim]
        const predicted = blocks.reduce<Float<"B N D">>((tokens, block) => block.apply(tokens), concat([perBlock, asked], 1));
        return projection.apply(norm.apply(slice(predicted, [0, seen, 0])));
      }),
  };
}
