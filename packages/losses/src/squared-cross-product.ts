import { type Collective, type Float, withGradient } from "@ssl-vit/core";
import { matMul, mul, slice, square, type Tensor } from "@tensorflow/tfjs-core";
import { sumByRows } from "./sum-by-rows.js";

/**
 * ‖AᵀB‖²: the sum of the squares of all D·E products of a column of A with a column of B, over the rows of all processes.
 *
 * With fewer rows than columns it is computed as Σ (A·Aᵀ)∘(B·Bᵀ), the same sum in another order, whose matrices are [rows, rows] in place
 * of [D, E]. The gradients are 2·B·(AᵀB)ᵀ and 2·A·(AᵀB), which are 2·(B·Bᵀ)·A and 2·(A·Aᵀ)·B.
 *
 * @returns a scalar, the same on every process; differentiable in both
 */
export function squaredCrossProduct(a: Float<"B D">, b: Float<"B E">, collective: Collective): Float<""> {
  const rows = a.shape[0];
  const byRows = rows * collective.size < Math.min(a.shape[1], b.shape[1]);
  // Every process computes the same value of all rows, so that what reaches a process's own rows is the sum of all gradients.
  const scaleOf = (dy: Tensor): Tensor => mul(collective.allReduce(dy, "sum"), 2);

  if (byRows) {
    return withGradient(
      [a, b],
      (save) => {
        const [allA, allB] = [collective.allGather(a), collective.allGather(b)];
        const [gramA, gramB] = [matMul(allA, allA, false, true), matMul(allB, allB, false, true)];
        const own = (gram: Tensor): Tensor => slice(gram, [collective.rank * rows, 0], [rows, gram.shape[1]!]);
        save([own(gramA), own(gramB), allA, allB]);
        return sumByRows(mul(gramA, gramB));
      },
      (dy, saved) => {
        const [gramA, gramB, allA, allB] = saved as [Tensor, Tensor, Tensor, Tensor];
        const scale = scaleOf(dy);
        return [matMul(mul(gramB, scale), allA), matMul(mul(gramA, scale), allB)];
      },
    );
  }
  return withGradient(
    [a, b],
    (save) => {
      const product = collective.allReduce(matMul(a, b, true, false), "sum"); // [D, E]
      save([a, b, product]);
      return sumByRows(square(product));
    },
    (dy, saved) => {
      const [savedA, savedB, product] = saved as [Tensor, Tensor, Tensor];
      const scale = scaleOf(dy);
      return [matMul(mul(savedB, scale), product, false, true), matMul(mul(savedA, scale), product)];
    },
  );
}
