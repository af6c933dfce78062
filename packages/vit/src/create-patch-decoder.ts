import { prefixParameters, type Float, type ParameterMap, type Random } from "@ssl-vit/core";
import { restoreTokens, type PatchMask } from "@ssl-vit/masking";
import { buffer, createBlock, createLayerNorm, createLinear, normal } from "@ssl-vit/nn";

import { add, concat, type Rank, reshape, slice, tidy } from "@tensorflow/tfjs-core";
import { initializations } from "./initializations.js";
import { sincos2dPositions } from "./sincos-2d-positions.js";
/** Options of `createPatchDecoder`. */
export interface PatchDecoderOptions {
  /** Width of the encoder's tokens. */
  readonly inputDim: number;
  readonly dim: number;
  readonly depth: number;
  readonly numHeads: number;
  readonly mlpRatio: number;
  readonly gridSize: readonly [number, number];
  /** Tokens before the patches in the encoder's output ([CLS] and registers). */
  readonly prefixTokens: number;
  /** Predicted values of one patch: patchSize²·C for pixels. */
  readonly outputDim: number;
  /** Default true. */
  readonly qkvBias?: boolean;
  /** Default 1e-6. */
  readonly layerNormEpsilon?: number;
  /** How weights start: MAE's way, or at 0 for weights that are loaded afterwards. Default `"mae"`. */
  readonly initialization?: "mae" | "zeros";
}

/** A decoder of masked images. Results are the caller's. */
export interface PatchDecoder {
  /** `mask_token`, and `decoder_embed.*`, `decoder_blocks.0.*`, …, `decoder_norm.*`, `decoder_pred.*`: the names of `models_mae.py`. */
  readonly parameters: ParameterMap;
  /** `decoder_pos_embed`, fixed. */
  readonly buffers: ParameterMap;
  /** Tokens of the visible patches (behind the prefix tokens), [B, K + M, D] → every patch's prediction, [B, P, outputDim]. */
  predict(tokens: Float<"B N D">, mask: PatchMask): Float<"B P D">;
}

/**
 * The light transformer of MAE that predicts something of every patch from the tokens of the visible ones.
 *
 * Paper: He et al., "Masked Autoencoders Are Scalable Vision Learners", https://arxiv.org/abs/2111.06377.
 * Checked against facebookresearch/mae (models_mae.py) and Hugging Face's ViTMAEForPreTraining, in @ssl-vit/mae.
 *
 * @throws ConfigError when the heads do not divide `dim`
 */
export function createPatchDecoder(random: Random, options: PatchDecoderOptions): PatchDecoder {
  const { inputDim, dim, depth, numHeads, mlpRatio, gridSize, prefixTokens, outputDim, qkvBias = true, layerNormEpsilon: epsilon = 1e-6, initialization = "mae" } = options;
  const initialize = initializations[initialization].linear;
  const embed = createLinear(random.derive("embed"), { inputDim, outputDim: dim, initialize });
  const maskToken = normal(random.derive("mask_token"), [1, 1, dim], 0.02); // of three axes, as theirs, and so with weight decay
  const positions = buffer(sincos2dPositions({ gridSize, embedDim: dim, prefixTokens }), [1, prefixTokens + gridSize[0] * gridSize[1], dim]);
  const blocks = Array.from({ length: depth }, (_, index) => createBlock(random.derive("blocks", index), { dim, numHeads, mlpRatio, qkvBias, epsilon, initialize }));
  const norm = createLayerNorm({ dim, epsilon });
  const head = createLinear(random.derive("pred"), { inputDim: dim, outputDim, initialize });

  return {
    parameters: {
      mask_token: maskToken,
      ...prefixParameters({
        decoder_embed: embed.parameters,
        ...Object.fromEntries(blocks.map(({ parameters }, index) => [`decoder_blocks.${index}`, parameters])),
        decoder_norm: norm.parameters,
        decoder_pred: head.parameters,
      }),
    },
    buffers: { decoder_pos_embed: positions },
    predict: (tokens, mask) =>
      tidy(() => {
        const embedded: Float<"B N D"> = embed.apply(tokens); // [B, K + M, D]
        const prefix = slice(embedded, [0, 0, 0], [-1, prefixTokens, -1]);
        const visible = slice(embedded, [0, prefixTokens, 0]);
        // The mask token is added after the projection, in the decoder's width.
        const all = concat([prefix, restoreTokens(visible, reshape<Rank.R1>(maskToken, [dim]), mask.restoreIndices)], 1); // [B, K + P, D]
        const decoded = blocks.reduce((hidden, block) => block.apply(hidden), add<Float<"B N D">>(all, positions));
        return slice(head.apply(norm.apply(decoded)), [0, prefixTokens, 0]); // [B, P, outputDim]
      }),
  };
}
