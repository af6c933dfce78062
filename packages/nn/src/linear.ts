import { assertShape, type Float, withGradient } from "@ssl-vit/core";
import { engine, mul, type Rank, reshape, sum, type Tensor } from "@tensorflow/tfjs-core";
import { type Activation, activations } from "./activations.js";
import { fusedLinear } from "./fused-linear.js";
import { matrixProduct } from "./matrix-product.js";

/**
 * activation(x·Wᵀ + b) over the last axis. The leading axes are folded, so that one product does the whole batch; backward, with d the
 * gradient before the activation: dx = d·W, dW = dᵀ·x, db = Σ d.
 *
 * @param x [B, in] or [B, N, in]
 * @param weight [out, in], PyTorch's layout
 * @param bias [out]
 * @returns [B, out] or [B, N, out]; the caller's
 * @throws ShapeError when the sizes do not fit
 */
export function linear<T extends Float<"B D"> | Float<"B N D">>(x: T, weight: Tensor, bias?: Tensor, activation?: Activation): T {
  const { shape } = x;
  assertShape("nn", "weight", weight, [-1, shape.at(-1)!], "The second axis of a weight is its input.");
  const [outputDim, inputDim] = weight.shape as [number, number];
  if (bias !== undefined) assertShape("nn", "bias", bias, [outputDim]);
  const fused = fusedLinear(x, weight, bias, activation);
  if (fused !== undefined) return fused;
  const rows = x.size / inputDim;
  const isRecording = engine().isTapeOn();
  return withGradient(
    bias === undefined ? [x, weight] : [x, weight, bias],
    (save) => {
      const folded = reshape<Rank.R2>(x, [rows, inputDim]); // [B·N, in]
      const projected = matrixProduct(folded, weight, { transposeB: true, bias });
      const activated = activation === undefined ? undefined : activations[activation](projected);
      if (isRecording) save(activated === undefined ? [folded, weight] : [folded, weight, activated.derivative()]);
      return reshape<Rank>(activated?.value ?? projected, [...shape.slice(0, -1), outputDim]) as T; // [B, N, out]
    },
    (dy, saved) => {
      const [folded, savedWeight, derivative] = saved as [Tensor, Tensor, Tensor?];
      const dyFolded = reshape<Rank.R2>(dy, [rows, outputDim]); // [B·N, out]
      const d = derivative === undefined ? dyFolded : mul<Float<"B D">>(dyFolded, derivative);
      const dx = reshape(matrixProduct(d, savedWeight), shape);
      const dWeight = matrixProduct(d, folded, { transposeA: true });
      return bias === undefined ? [dx, dWeight] : [dx, dWeight, sum(d, 0)];
    },
  );
}
