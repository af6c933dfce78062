import type { Encoder, Float } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { add, concat, grad, mul, type Rank, reshape, slice, sum, type Tensor4D, tensor4d } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { chooseTokens, imageFeatures, type TokenChoice } from "../src/index.js";

/** Patch tokens after block b are b times the pixels, [CLS] their sum plus 100, a register 7: width 1. */
function fakeEncoder({ depth = 6, hasClsToken = true, blocks = true } = {}): Encoder {
  const tokensAfter = (patches: Float<"B P D">, block: number): Float<"B N D"> => {
    const scaled = mul<Float<"B P D">>(patches, block);
    const total = sum<Float<"B P D">>(scaled, 1, true); // [B, 1, 1]
    const register = add<Float<"B P D">>(mul(total, 0), 7);
    return concat([...(hasClsToken ? [add<Float<"B P D">>(total, 100)] : []), register, scaled], 1);
  };
  const embedPatches = (images: Float<"B Y X C">): Float<"B P D"> => reshape<Rank.R3>(images, [-1, 4, 1]);
  const encodeTokens = (patches: Float<"B P D">): Float<"B N D"> => tokensAfter(patches, depth);
  return {
    layout: { imageSize: [2, 2], patchSize: 1, channels: 1, gridSize: [2, 2], embedDim: 1, depth, numHeads: 1, mlpRatio: 1, hasClsToken, registerTokens: 1 },
    config: {},
    parameters: {},
    buffers: {},
    embedPatches,
    encodeTokens,
    ...(blocks
      ? { encodeNormalizedBlocks: (patches, count) => Array.from({ length: count }, (_, index) => tokensAfter(patches, depth - count + 1 + index)) }
      : {}),
    encode: (images) => encodeTokens(embedPatches(images)),
  };
}

/** Sums of the two images: 4 and 8; means 1 and 2. */
const images = (): Tensor4D => tensor4d([0, 1, 1, 2, 1, 2, 2, 3], [2, 2, 2, 1]);

describe("imageFeatures", () => {
  test.each<[TokenChoice, number[][]]>([
    [{}, [[124], [148]]],
    [{ layer: "cls", block: 6 }, [[124], [148]]],
    [{ layer: "cls", block: 2 }, [[108], [116]]],
    [{ layer: "mean" }, [[6], [12]]],
    [{ layer: "mean", block: 1 }, [[1], [2]]],
    [{ layer: "cls+mean" }, [[124, 6], [148, 12]]],
    [{ layer: "cls+mean", block: 3 }, [[112, 3], [124, 6]]],
    [{ layer: "last4" }, [[112, 116, 120, 124], [124, 132, 140, 148]]],
    [{ layer: "last4", block: 4 }, [[104, 108, 112, 116], [108, 116, 124, 132]]],
  ])("%j", (choice, expected) => {
    const features = imageFeatures(fakeEncoder(), images(), choice);
    expect(features.arraySync()).toEqual(expected);
  });

  test("of an encoder without [CLS] are the mean of its patch tokens, and need no blocks of the last one", () => {
    expect(imageFeatures(fakeEncoder({ hasClsToken: false }), images()).arraySync()).toEqual([[6], [12]]);
    expect(imageFeatures(fakeEncoder({ blocks: false }), images(), { layer: "cls+mean", block: 6 }).arraySync()).toEqual([[124, 6], [148, 12]]);
  });

  test("have the gradient of every block that they join", () => {
    const ofPixels = grad((pixels) => sum(imageFeatures(fakeEncoder(), pixels as Tensor4D, { layer: "last4" })));
    expect([...ofPixels(images()).dataSync()]).toEqual(Array<number>(8).fill(3 + 4 + 5 + 6));
    const ofSecond = grad((pixels) => sum(slice(imageFeatures(fakeEncoder(), pixels as Tensor4D, { layer: "cls+mean", block: 2 }), [0, 1])));
    expect([...ofSecond(images()).dataSync()]).toEqual(Array<number>(8).fill(2 / 4));
  });

  test("leave no tensor behind", async () => {
    const pixels = images();
    await expectNoLeaks(() => {
      for (const choice of [{}, { layer: "last4" }, { layer: "cls+mean", block: 2 }] as const) imageFeatures(fakeEncoder(), pixels, choice).dispose();
    });
  });
});

describe("chooseTokens", () => {
  test("names the last block by leaving it out, so that equal protocols are equal data", () => {
    expect(chooseTokens(fakeEncoder(), { block: 6 })).toEqual({ layer: "cls" });
    expect(chooseTokens(fakeEncoder({ hasClsToken: false }), { block: 5 })).toEqual({ layer: "mean", block: 5 });
  });

  test.each<[string, Parameters<typeof fakeEncoder>[0], TokenChoice, string]>([
    ["[CLS] that is not there", { hasClsToken: false }, { layer: "last4" }, 'layer: expected "mean" for an encoder without a [CLS] token, received "last4".'],
    ["a block that is not there", {}, { block: 7 }, "block: expected a whole number from 1 to 6, the encoder's blocks, received 7."],
    ["block 0", {}, { block: 0 }, "block: expected a whole number from 1 to 6, the encoder's blocks, received 0."],
    ["three blocks for last4", { depth: 3 }, { layer: "last4" }, 'layer: expected "last4" of at least 4 blocks, received an encoder of 3.'],
    ["too early a block for last4", {}, { layer: "last4", block: 3 }, 'layer: expected "last4" of at least 4 blocks, received block 3.'],
    ["an encoder that hides its blocks", { blocks: false }, { block: 2 }, "encoder: expected one that gives its blocks' outputs (encodeNormalizedBlocks), for block 2, received one that does not."],
  ])("refuses %s", (_, encoder, choice, message) => {
    expect(() => chooseTokens(fakeEncoder(encoder), choice)).toThrow(`[@ssl-vit/eval] ${message}`);
  });
});
