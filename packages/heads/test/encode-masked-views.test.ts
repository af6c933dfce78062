import { createRandom, type Encoder, type Float, type ForwardContext, singleProcess } from "@ssl-vit/core";
import { maskedPatches } from "@ssl-vit/masking";
import { expectNoLeaks } from "@ssl-vit/testing";
import { add, concat, dispose, expandDims, mean, mul, reshape, sub, tensor2d, tensor4d } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { encodeMaskedViews, type ViewsWithHoles } from "../src/index.js";

/** Contexts of the encoder's passes. */
const contexts: unknown[] = [];
function embedPatches(images: Float<"B Y X C">, replaced?: { readonly mask: Float<"B P">; readonly token: Float<"D"> }): Float<"B P D"> {
  const patches: Float<"B P D"> = reshape(images, [images.shape[0], -1, 1]);
  if (replaced === undefined) return patches;
  const hole = expandDims<Float<"B P D">>(replaced.mask, 2);
  return add(mul(patches, sub(1, hole)), mul(hole, replaced.token));
}
function encodeTokens(tokens: Float<"B P D">, context?: ForwardContext): Float<"B N D"> {
  contexts.push(context);
  const cls = mean<Float<"B P D">>(tokens, 1, true);
  return concat([cls, mul(cls, 0), tokens], 1);
}
/** Patches are pixels; their tokens are the pixels, and [CLS], in front of a register, is their mean. */
const encoder = {
  layout: { hasClsToken: true, registerTokens: 1, embedDim: 1 },
  embedPatches,
  encodeTokens,
  encode: (images, context) => encodeTokens(embedPatches(images), context),
} as Partial<Encoder> as Encoder;

const mask = tensor2d([[0, 1, 0, 1], [0, 0, 0, 0]]);
const input: ViewsWithHoles = {
  globals: tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2, 1]),
  // Two global and two local views of one image.
  locals: [tensor4d([9], [1, 1, 1, 1]), tensor4d([10], [1, 1, 1, 1])],
  mask,
  masked: maskedPatches(mask),
  maskToken: tensor2d([[100]]),
};
const context: ForwardContext = { training: true, random: createRandom(0), collective: singleProcess };

describe("encodeMaskedViews", () => {
  it("encodes global views with holes and local ones without, and picks the masked patches", () => {
    const { globalCls, cls, patches } = encodeMaskedViews(encoder, input, context);
    expect(globalCls).toBeAllClose([(1 + 100 + 3 + 100) / 4, 6.5]);
    expect(cls).toBeAllClose([51, 6.5, 9, 10]);
    expect(patches).toBeAllClose([100, 100]);
    expect(patches.shape).toEqual([2, 1]);
    expect(contexts.splice(0)).toEqual([context, { ...context, firstView: 2 }]); // one pass for each size, with draws of their own
  });

  it("does without local views", () => {
    expect(encodeMaskedViews(encoder, { ...input, locals: [] }).cls).toBeAllClose([51, 6.5]);
  });

  it("leaves no tensor behind", async () => {
    await expectNoLeaks(() => { dispose(Object.values(encodeMaskedViews(encoder, input))); });
  });
});
