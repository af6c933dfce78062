import type { Encoder, Float } from "@ssl-vit/core";
import { slice, stack, tidy } from "@tensorflow/tfjs-core";
import { meanCrossEntropy } from "./mean-cross-entropy.js";

const imageLimit = 8;
/** Attention probabilities in memory, of all blocks: 64 MB. */
const numberLimit = 2 ** 24;

/**
 * `attentionEntropy/BLOCK`: mean entropy of a token's attention as a share of ln N, of each block (from 0), over heads, tokens and at most 8 images. 1:
 * every token looks at all alike; 0: at one only. Empty for an encoder that does not show its attention, and where that of one image is too large to hold.
 */
export function measureAttention(encoder: Encoder, images: Float<"B Y X C">): Record<string, number> {
  if (encoder.attentions === undefined) return {};
  const { depth, numHeads, patchSize, hasClsToken, registerTokens } = encoder.layout;
  const [batch, height, width, channels] = images.shape;
  const tokens = (height / patchSize) * (width / patchSize) + (hasClsToken ? 1 : 0) + registerTokens;
  const count = Math.min(batch, imageLimit, Math.floor(numberLimit / (depth * numHeads * tokens ** 2)));
  if (count < 1) return {};
  return tidy(() => {
    const blocks = encoder.attentions!(slice(images, [0, 0, 0, 0], [count, height, width, channels]));
    if (blocks.length === 0) return {};
    const entropies = blocks.map((shares) => meanCrossEntropy(shares, shares));
    const numbers = stack(entropies).dataSync();
    return Object.fromEntries(blocks.map(({ shape }, block) => [`attentionEntropy/${block}`, numbers[block]! / Math.log(shape[3])]));
  });
}
