import type { Tensor, Variable } from "@tensorflow/tfjs-core";
import type { Float } from "./axes.js";
import type { Collective } from "./collective.js";
import type { Random } from "./random.js";

/** Checkpoint name → variable. Names, and the layout of each tensor, are timm's (`blocks.0.attn.qkv.weight` is [3D, D]). */
export type ParameterMap = Readonly<Record<string, Variable>>;

/** What a forward pass needs to know of the run. Left out = evaluation: no drop path, no batch statistics. */
export interface ForwardContext {
  readonly training: boolean;
  readonly random: Random;
  readonly collective: Collective;
  /** Place of the input's first row in the whole input, when it is a part of it (`encodeInChunks`). Default 0. */
  readonly firstRow?: number;
  /** False: statistics of the batch serve, but do not enter running ones, so that looking at a run changes nothing of it. Default true. */
  readonly movesStatistics?: boolean;
  /**
   * Positions in the data set of the batch's images (`ViewBatch.indices`, which a method's `loss` finds here). The rows of an input are these
   * images, one view after the other; a random draw for a row is that of its image and view, whichever process computes it. Without them, of
   * its place.
   */
  readonly indices?: Int32Array;
  /** Number of the input's first view among the views of an image: each view has draws of its own. Default 0. */
  readonly firstView?: number;
}

/** Sizes of a tokenising encoder. */
export interface EncoderLayout {
  /** Image size it was built for, [Y, X] in pixels. */
  readonly imageSize: readonly [number, number];
  readonly patchSize: number;
  readonly channels: number;
  /** Patches of such an image, [rows, columns]. */
  readonly gridSize: readonly [number, number];
  readonly embedDim: number;
  readonly depth: number;
  readonly numHeads: number;
  readonly mlpRatio: number;
  readonly hasClsToken: boolean;
  readonly registerTokens: number;
}

/**
 * A network that turns images into tokens. `encode` is `encodeTokens(embedPatches(images))`; masked methods work between the two.
 * Every result is the caller's to dispose.
 */
export interface Encoder {
  readonly layout: EncoderLayout;
  /** How it was built, as plain data: enough to build it again. Saved in every checkpoint. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Images (views) that it takes at a time (`encodeInChunks`). No part of `config`: it changes the rounding, not the network. Default: all. */
  readonly microBatch?: number;
  /** What an optimizer may train. */
  readonly parameters: ParameterMap;
  /** What is saved but never trained (fixed positions). */
  readonly buffers: ParameterMap;
  /**
   * Patch embedding plus position embedding, row by row.
   *
   * @param images [B, Y, X, C], any size that the patch size divides: positions are interpolated
   * @param replaced patches to replace by a token *before* positions are added (BEiT, SimMIM, iBOT): `mask` [B, P] with 1 = replaced, `token` [D]
   */
  embedPatches(images: Float<"B Y X C">, replaced?: { readonly mask: Float<"B P">; readonly token: Float<"D"> }): Float<"B P D">;
  /** Prepends [CLS] and registers, runs the blocks and the final norm. Takes any subset of the patches, [B, P, D] → [B, N, D]. */
  encodeTokens(patchTokens: Float<"B P D">, context?: ForwardContext): Float<"B N D">;
  /**
   * What the last `count` blocks give, in their order, each [B, N, D] as `encodeTokens` but before the final norm: data2vec's targets.
   *
   * @throws ConfigError for a count that is no whole number from 1 to the number of blocks
   */
  encodeBlocks?(patchTokens: Float<"B P D">, count: number, context?: ForwardContext): Float<"B N D">[];
  /**
   * As `encodeBlocks`, each after the encoder's final norm, so that the last is what `encodeTokens` gives: DINO's `get_intermediate_layers`,
   * features of earlier blocks.
   *
   * @throws ConfigError for a count that is no whole number from 1 to the number of blocks
   */
  encodeNormalizedBlocks?(patchTokens: Float<"B P D">, count: number, context?: ForwardContext): Float<"B N D">[];
  /** [B, Y, X, C] → [B, N, D] after the final norm: [CLS] if any, registers if any, then patches row by row. */
  encode(images: Float<"B Y X C">, context?: ForwardContext): Float<"B N D">;
  /**
   * The [CLS] token of what `encode` gives, [B, Y, X, C] → [B, D], without computing what does not reach it: all that a method needs which
   * compares images. Called through `pooledFeatures`.
   */
  encodeCls?(images: Float<"B Y X C">, context?: ForwardContext): Float<"B D">;
  /** Attention probabilities of the last block, [B, H, N, N]; for pictures. */
  lastAttention?(images: Float<"B Y X C">): Float<"B H N N">;
  /** Attention probabilities of every block, in their order, [B, H, N, N] each; of a few images, as they are large. */
  attentions?(images: Float<"B Y X C">): Float<"B H N N">[];
}

/** Makes one encoder a call, each with the same initial weights; drop path is the student's alone. */
export type EncoderFactory = (role: "student" | "teacher") => Encoder;

/** Joins maps under prefixes: `{ encoder, head }` → `encoder.*`, `head.*`. */
export function prefixParameters(maps: Readonly<Record<string, ParameterMap>>): ParameterMap {
  return Object.fromEntries(
    Object.entries(maps).flatMap(([prefix, map]) => Object.entries(map).map(([name, variable]) => [`${prefix}.${name}`, variable] as const)),
  );
}

/** Copies values between maps of equal names and shapes (a teacher's start). */
export function copyParameters(from: ParameterMap, to: ParameterMap): void {
  for (const [name, variable] of Object.entries(to)) {
    const source: Tensor | undefined = from[name];
    if (source === undefined) throw new Error(`[@ssl-vit/core] copyParameters: expected a parameter ${name}, received none.`);
    const copy = source.clone();
    variable.assign(copy);
    copy.dispose();
  }
}
