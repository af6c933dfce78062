import { fused, getBackend, matMul, type Tensor, type Tensor2D, transpose } from "@tensorflow/tfjs-core";

interface MatrixProductOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** Added to each row. */
  readonly bias?: Tensor | undefined;
}

/**
 * Product of two matrices, either of them transposed. For use in `withGradient`: tfjs's own gradient of a product transposes an operand again.
 *
 * wasm gives only products without a transposed operand to XNNPACK; the others run in a scalar loop, 10 times slower (2 against 22 GFLOP/s
 * measured). Transposing first costs next to nothing against that; elsewhere it would only cost memory traffic.
 */
export function matrixProduct(a: Tensor, b: Tensor, { transposeA = false, transposeB = false, bias }: MatrixProductOptions = {}): Tensor2D {
  if (getBackend() === "wasm" && (transposeA || transposeB)) {
    return matrixProduct(transposeA ? transpose(a) : a, transposeB ? transpose(b) : b, { bias });
  }
  if (bias === undefined) return matMul(a, b, transposeA, transposeB);
  return fused.matMul({ a, b, transposeA, transposeB, bias }) as Tensor2D;
}
