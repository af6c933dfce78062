/**
 * KoLeo, DINOv2's regulariser: each embedding shall be far from its nearest neighbour in the batch (Kozachenko-Leonenko's estimate of entropy).
 *
 * Papers: Sablayrolles et al., https://arxiv.org/abs/1806.03198; Oquab et al., https://arxiv.org/abs/2304.07193, Section 4.
 * Checked against lightly's KoLeoLoss and facebookresearch/dinov2 (loss/koleo_loss.py), with their epsilons. As there, neighbours are
 * sought among the images of one process.
 */
import { assertShape, type Float, singleProcess, withoutGradient } from "@ssl-vit/core";
import { add, argMax, eye, log, matMul, mean, mul, neg, sqrt, square, sub, sum, type Tensor1D, tidy } from "@tensorflow/tfjs-core";
import { assertRows } from "./assert-rows.js";
import { normalizeRows } from "./normalize-rows.js";
import { oneAt } from "./one-at.js";

/** Keeps the distance of equal embeddings, its logarithm and their gradients finite. */
const EPSILON = 1e-8;

/**
 * −mean log(‖x − nearest other x‖ + 1e-8) over the L2-normalised embeddings. DINOv2 calls it for each global view.
 *
 * @returns a scalar that the caller owns; its gradient reaches an embedding and its neighbour
 * @throws ShapeError for less than 2 rows: one has no neighbour
 */
export function koleo(embeddings: Float<"B D">): Float<""> {
  assertShape("losses", "embeddings", embeddings, [-1, -1]);
  assertRows("embeddings", embeddings, singleProcess);
  const batch = embeddings.shape[0];
  return tidy(() => {
    const rows = normalizeRows(embeddings);
    const nearest = withoutGradient(() => {
      // Cosines are at least −1: with 3 off, none is its own neighbour.
      const others = sub(matMul(rows, rows, false, true), mul(eye(batch), 3));
      return oneAt(argMax<Tensor1D>(others, 1), batch); // [B, B]
    });
    // As a product with the one-hot matrix: the wasm backend has no gradient of gather.
    const difference = sub(rows, matMul(nearest, rows));
    const distances = sqrt(sum(square(add(difference, EPSILON)), 1)); // [B]
    return neg<Float<"">>(mean(log(add(distances, EPSILON))));
  });
}
