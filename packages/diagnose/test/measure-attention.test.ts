import type { Encoder, Float } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { vit } from "@ssl-vit/vit";
import { eye, reshape, softmax, tile, zeros } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { measureAttention } from "../src/measure-attention.js";
import { asTensor, entropyOf, meanOf, plainRows, softmaxOf } from "./plain-numbers.js";

const encoder = vit({ embedDim: 8, depth: 2, numHeads: 2, imageSize: 8, patchSize: 4 })("student");
const images: Float<"B Y X C"> = asTensor(plainRows("images", 10, 8 * 8 * 3), [10, 8, 8, 3]);

/** The encoder, whose attention is given. */
const showing = (blocks: readonly Float<"B H N N">[]): Encoder => ({ ...encoder, attentions: () => [...blocks] });

describe("measureAttention", () => {
  test("has the mean entropy of each block's attention as a share of ln N, within 1e-5 of float64", () => {
    const logits = [0.5, 3].map((scale) => plainRows(`logits ${scale}`, 10 * 2 * 5, 5).map((row) => row.map((value) => Math.fround(scale * value))));
    const signals = measureAttention(showing(logits.map((rows) => softmax(asTensor(rows, [10, 2, 5, 5])))), images);
    expect(Object.keys(signals)).toEqual(["attentionEntropy/0", "attentionEntropy/1"]);
    for (const [block, rows] of logits.entries()) {
      const expected = meanOf(rows.map((row) => entropyOf(softmaxOf(row, 1)))) / Math.log(5);
      expect(signals[`attentionEntropy/${block}`]).toBeAllClose(expected, { relative: 1e-5 });
    }
  });

  test("is 0 where every token looks at one", () => {
    const one: Float<"B H N N"> = tile(reshape(eye(5), [1, 1, 5, 5]), [2, 2, 1, 1]);
    expect(measureAttention(showing([one]), images)["attentionEntropy/0"]).toBeCloseTo(0, 12);
  });

  test("asks a Vision Transformer for at most 8 images", () => {
    const asked: number[] = [];
    const counting: Encoder = { ...encoder, attentions: (some) => { asked.push(some.shape[0]); return encoder.attentions!(some); } };
    const signals = measureAttention(counting, images);
    expect(asked).toEqual([8]);
    // Small random weights: nearly uniform, and never more than that.
    for (const block of [0, 1]) expect(signals[`attentionEntropy/${block}`]! - 1).toSatisfy((off: number) => off < 1e-6 && off > -0.05);
  });

  test("asks for fewer where the attention of so many would not fit, and for none where that of one would not", () => {
    const asked: number[] = [];
    const large: Encoder = { ...encoder, layout: { ...encoder.layout, depth: 24, numHeads: 16 }, attentions: (some) => { asked.push(some.shape[0]); return []; } };
    expect(measureAttention(large, zeros([8, 48, 48, 3]))).toEqual({});
    expect(asked).toEqual([2]);
    expect(measureAttention(large, zeros([8, 64, 64, 3]))).toEqual({});
    expect(asked).toEqual([2]);
  });

  test("says nothing of an encoder that does not show it, and leaves no tensor behind", async () => {
    const silent = Object.fromEntries(Object.entries(encoder).filter(([name]) => name !== "attentions")) as unknown as Encoder;
    expect(measureAttention(silent, images)).toEqual({});
    await expectNoLeaks(() => measureAttention(encoder, images));
  });
});
