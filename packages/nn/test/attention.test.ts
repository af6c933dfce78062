import { ShapeError } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { concat, grad, matMul, mul, type Rank, slice, softmax, stack, sum, type Tensor, type Tensor3D } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { attention, attentionProbabilities } from "../src/index.js";
import { expectSameFunction, randomTensor } from "./expect-same-function.js";

const [batch, tokens, numHeads, headDim] = [2, 5, 3, 4];
const dim = numHeads * headDim;

/** Columns of one head's queries (0), keys (1) or values (2), [B, N, D/H]. */
const columns = (qkv: Tensor, part: number, head: number): Tensor =>
  slice(qkv, [0, 0, part * dim + head * headDim], [batch, tokens, headDim]);

const headProbabilities = (qkv: Tensor, head: number): Tensor =>
  softmax(mul(matMul(columns(qkv, 0, head), columns(qkv, 1, head), false, true), 1 / Math.sqrt(headDim)));

const heads = Array.from({ length: numHeads }, (_, head) => head);

test("each head attends by its own columns; value and gradient", () => {
  expectSameFunction(
    (qkv) => attention(qkv as Tensor3D, numHeads),
    (qkv) =>
      concat(
        heads.map((head) => matMul(headProbabilities(qkv, head), columns(qkv, 2, head))),
        -1,
      ),
    [randomTensor("qkv", [batch, tokens, 3 * dim])],
    { absolute: 2e-6 },
  );
});

test("probabilities are those that attention uses, differentiable, and sum to 1", () => {
  const qkv = randomTensor<Rank.R3>("qkv", [batch, tokens, 3 * dim]);
  const probabilities = attentionProbabilities(qkv, numHeads);
  expect(probabilities.shape).toEqual([batch, numHeads, tokens, tokens]);
  expect(sum(probabilities, -1)).toBeAllClose(Array.from({ length: batch * numHeads * tokens }, () => 1));
  expectSameFunction(
    (input) => attentionProbabilities(input as Tensor3D, numHeads),
    (input) =>
      stack(
        heads.map((head) => headProbabilities(input, head)),
        1,
      ),
    [qkv],
    { absolute: 2e-6 },
  );
});

test("refuses a width that the heads do not divide", () => {
  expect(() => attention(randomTensor<Rank.R3>("qkv", [2, 5, 36]), 5)).toThrow(ShapeError);
  expect(() => attentionProbabilities(randomTensor<Rank.R3>("qkv", [2, 5, 36]), 5)).toThrow(/3 · 5 heads/);
});

test("leaves no tensor behind", async () => {
  const qkv = randomTensor<Rank.R3>("qkv", [batch, tokens, 3 * dim]);
  await expectNoLeaks(() => {
    attention(qkv, numHeads).dispose();
    attentionProbabilities(qkv, numHeads).dispose();
    grad((input) => sum(attention(input as Tensor3D, numHeads)))(qkv).dispose();
  });
});
