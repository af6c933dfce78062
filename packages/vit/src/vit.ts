import {
  assertShape,
  ConfigError,
  createRandom,
  type Encoder,
  type EncoderFactory,
  type EncoderLayout,
  type Float,
  type ForwardContext,
  prefixParameters,
} from "@ssl-vit/core";
import { createBlock, createLayerNorm, normal } from "@ssl-vit/nn";
import { add, clone, concat, expandDims, mul, type Rank, reshape, sub, type Tensor3D, tidy, zeros } from "@tensorflow/tfjs-core";
import { createPatchEmbedding } from "./create-patch-embedding.js";
import { createPositionEmbedding } from "./create-position-embedding.js";
import { initializations } from "./initializations.js";
import { resolveVitOptions } from "./resolve-vit-options.js";
import type { VitConfig, VitOptions } from "./vit-options.js";

/**
 * Vision Transformer (Dosovitskiy et al., arXiv 2010.11929), with the parameter names, layouts, token order and positions of timm's
 * `VisionTransformer` without a classifier (checked against timm 1.0, values and gradients).
 *
 * @returns a factory: each call makes an encoder with the same start weights; drop path is the student's alone
 * @throws ConfigError for an unknown option or a value that cannot work
 */
export function vit(options: VitOptions = {}): EncoderFactory {
  const config = resolveVitOptions(options);
  return (role) => createEncoder(config, role === "student" ? config.dropPathRate : 0);
}

function createEncoder(config: VitConfig, dropPathRate: number): Encoder {
  const { channels, depth, embedDim, imageSize, layerNormEpsilon, layerScale, numHeads, mlpRatio, patchSize, registerTokens } = config;
  const layout: EncoderLayout = {
    imageSize,
    patchSize,
    channels,
    gridSize: [imageSize[0] / patchSize, imageSize[1] / patchSize],
    embedDim,
    depth,
    numHeads,
    mlpRatio,
    hasClsToken: config.clsToken,
    registerTokens,
  };
  const random = createRandom(config.seed).derive("vit");
  const { linear: initialize, qkv: initializeQkv = initialize, tokenDeviation } = initializations[config.initialization];
  const prefixTokens = {
    ...(config.clsToken ? { cls_token: normal(random.derive("cls_token"), [1, 1, embedDim], tokenDeviation) } : {}),
    ...(registerTokens > 0 ? { reg_token: normal(random.derive("reg_token"), [1, registerTokens, embedDim], tokenDeviation) } : {}),
  };
  const positions = createPositionEmbedding(random.derive("pos_embed"), config, layout);
  const patchEmbedding = createPatchEmbedding(random.derive("patch_embed"), config);
  const blocks = Array.from({ length: depth }, (_, index) =>
    createBlock(random.derive("blocks", index), {
      dim: embedDim,
      numHeads,
      mlpRatio,
      ...(config.mlp === undefined ? {} : { mlp: config.mlp }),
      qkvBias: config.qkvBias,
      ...(layerScale === undefined ? {} : { layerScale }),
      dropPathRate: depth === 1 ? 0 : (dropPathRate * index) / (depth - 1),
      epsilon: layerNormEpsilon,
      initialize,
      initializeQkv,
    }),
  );
  const norm = createLayerNorm({ dim: embedDim, epsilon: layerNormEpsilon });

  const embedPatches: Encoder["embedPatches"] = (images, replaced) => {
    assertShape("vit", "images", images, [-1, -1, -1, channels]);
    return tidy(() => {
      const patches = patchEmbedding.apply(images); // [B, P, D]
      const gridSize = [images.shape[1] / patchSize, images.shape[2] / patchSize] as const;
      return add(replaced === undefined ? patches : replacePatches(patches, replaced), positions.patches(gridSize));
    });
  };

  const prependTokens = (patchTokens: Float<"B P D">): Float<"B N D"> => {
    const learned = Object.values(prefixTokens) as Tensor3D[];
    if (learned.length === 0) return clone(patchTokens);
    const prefix = concat(learned, 1); // [1, K, D]
    const prefixPositions = positions.prefix();
    const placed = prefixPositions === undefined ? prefix : add(prefix, prefixPositions);
    // Added to zeros rather than tiled: the gradient of tfjs's tile is a slice and a sum for each sample.
    const repeated = add<Tensor3D>(zeros([patchTokens.shape[0], prefix.shape[1], embedDim]), placed);
    return concat([repeated, patchTokens], 1); // [B, N, D]
  };

  // Each block draws from a stream of its own.
  const runBlock = (tokens: Float<"B N D">, index: number, context?: ForwardContext): Float<"B N D"> =>
    blocks[index]!.apply(tokens, context && { ...context, random: context.random.derive("dropPath", index) });

  const runBlocks = (tokens: Float<"B N D">, count: number, context?: ForwardContext): Float<"B N D"> =>
    blocks.slice(0, count).reduce((input, _, index) => {
      const output = runBlock(input, index, context);
      input.dispose();
      return output;
    }, tokens);

  const encodeTokens: Encoder["encodeTokens"] = (patchTokens, context) => {
    assertShape("vit", "patchTokens", patchTokens, [-1, -1, embedDim]);
    return tidy(() => norm.apply(runBlocks(prependTokens(patchTokens), depth, context)));
  };

  const encodeBlocks: NonNullable<Encoder["encodeBlocks"]> = (patchTokens, count, context) => {
    assertShape("vit", "patchTokens", patchTokens, [-1, -1, embedDim]);
    if (!(Number.isInteger(count) && count >= 1 && count <= depth)) {
      throw new ConfigError({ package: "vit", what: "count", expected: `a whole number from 1 to ${depth}, the number of blocks`, received: String(count) });
    }
    return tidy(() => {
      const outputs = [runBlocks(prependTokens(patchTokens), depth - count + 1, context)];
      for (let index = depth - count + 1; index < depth; index++) outputs.push(runBlock(outputs.at(-1)!, index, context));
      return outputs;
    });
  };

  const encodeNormalizedBlocks: Encoder["encodeNormalizedBlocks"] = (patchTokens, count, context) =>
    tidy(() => encodeBlocks(patchTokens, count, context).map((tokens) => norm.apply(tokens)));

  const encodeCls: Encoder["encodeCls"] = (images, context) =>
    tidy(() => {
      const tokens = runBlocks(prependTokens(embedPatches(images)), depth - 1, context);
      const last = blocks[depth - 1]!.applyToFirst(tokens, 1, context && { ...context, random: context.random.derive("dropPath", depth - 1) });
      return norm.apply(reshape<Rank.R2>(last, [last.shape[0], embedDim]));
    });

  return {
    layout,
    config: { ...config },
    parameters: {
      ...prefixTokens,
      ...positions.parameters,
      ...prefixParameters({
        patch_embed: patchEmbedding.parameters,
        ...Object.fromEntries(blocks.map(({ parameters }, index) => [`blocks.${index}`, parameters])),
        norm: norm.parameters,
      }),
    },
    buffers: positions.buffers,
    embedPatches,
    encodeTokens,
    encodeBlocks,
    encodeNormalizedBlocks,
    encode: (images, context) => tidy(() => encodeTokens(embedPatches(images), context)),
    ...(config.clsToken ? { encodeCls } : {}),
    attentions: (images) =>
      tidy(() => {
        const inputs = [prependTokens(embedPatches(images))];
        for (let index = 0; index < depth - 1; index++) inputs.push(runBlock(inputs[index]!, index));
        return blocks.map((block, index) => block.attention(inputs[index]!));
      }),
    lastAttention: (images) => tidy(() => blocks[depth - 1]!.attention(runBlocks(prependTokens(embedPatches(images)), depth - 1))),
  };
}

/** patch·(1 - mask) + token·mask. */
function replacePatches(
  patches: Float<"B P D">,
  { mask, token }: { readonly mask: Float<"B P">; readonly token: Float<"D"> },
): Float<"B P D"> {
  const [batch, count, dim] = patches.shape;
  assertShape("vit", "mask", mask, [batch, count]);
  assertShape("vit", "token", token, [dim]);
  const selected = expandDims<Tensor3D>(mask, 2); // [B, P, 1]
  return add(mul(patches, sub(1, selected)), mul(selected, token));
}
