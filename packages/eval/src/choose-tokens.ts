import { ConfigError, type Encoder } from "@ssl-vit/core";

/**
 * What of an encoder's tokens is a feature, all after its final norm: the [CLS] token, [B, D]; the mean of the patch tokens, [B, D]; both side by
 * side, [B, 2·D]; the [CLS] tokens of four blocks in their order side by side, [B, 4·D].
 */
export type TokenLayer = "cls" | "mean" | "cls+mean" | "last4";

/** Which tokens of which block. */
export interface TokenChoice {
  /** Default: `"cls"` for an encoder that has a [CLS] token, else `"mean"`. */
  readonly layer?: TokenLayer;
  /** From 1 to the encoder's depth, by default the last; of `"last4"` the last of the four. */
  readonly block?: number;
}

/** Blocks whose [CLS] tokens are `"last4"`. */
export const joinedBlocks = 4;

/**
 * The layer by its name, and the block where it is not the last.
 *
 * @throws ConfigError for a block that the encoder lacks, a [CLS] token that it lacks, fewer than 4 blocks for `"last4"`, and what needs the outputs of
 *   its blocks when it does not give them (`encodeNormalizedBlocks`)
 */
export function chooseTokens(encoder: Encoder, choice: TokenChoice): { readonly layer: TokenLayer; readonly block?: number } {
  const { hasClsToken, depth } = encoder.layout;
  const { layer = hasClsToken ? "cls" : "mean", block = depth } = choice;
  const refuse = (what: string, expected: string, received: string): ConfigError => new ConfigError({ package: "eval", what, expected, received });
  if (layer !== "mean" && !hasClsToken) throw refuse("layer", '"mean" for an encoder without a [CLS] token', `"${layer}"`);
  if (!(Number.isInteger(block) && block >= 1 && block <= depth)) throw refuse("block", `a whole number from 1 to ${depth}, the encoder's blocks`, String(block));
  if (layer === "last4" && block < joinedBlocks) {
    const blocks = choice.block === undefined ? `an encoder of ${depth}` : `block ${block}`;
    throw refuse("layer", `"last4" of at least ${joinedBlocks} blocks`, blocks);
  }
  if ((layer === "last4" || block < depth) && encoder.encodeNormalizedBlocks === undefined) {
    throw refuse("encoder", `one that gives its blocks' outputs (encodeNormalizedBlocks), for ${layer === "last4" ? '"last4"' : `block ${block}`}`, "one that does not");
  }
  return block === depth ? { layer } : { layer, block };
}
