import { broadcast_util, type TensorInfo, util } from "@tensorflow/tfjs-core";
import { binding } from "../binding.js";
import { type Call, replace } from "../kernel.js";

interface Inputs {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
  readonly bias?: TensorInfo;
  readonly preluActivationWeights?: TensorInfo;
}
interface Attributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly activation?: string;
}

const activations = binding.activationNames();

/** For each matrix of the result the numbers of the matrices of a and b that make it. */
function pairsOf(a: readonly number[], b: readonly number[], batch: readonly number[]): Int32Array {
  const count = util.sizeFromShape([...batch]);
  const pairs = new Int32Array(2 * count);
  for (let index = 0; index < count; index++) {
    let [rest, atA, atB, strideA, strideB] = [index, 0, 0, 1, 1];
    for (let axis = batch.length - 1; axis >= 0; axis--) {
      const [sizeA, sizeB] = [a[a.length - batch.length + axis] ?? 1, b[b.length - batch.length + axis] ?? 1];
      const coordinate = rest % batch[axis]!;
      rest = (rest - coordinate) / batch[axis]!;
      if (sizeA !== 1) atA += coordinate * strideA;
      if (sizeB !== 1) atB += coordinate * strideB;
      strideA *= sizeA;
      strideB *= sizeB;
    }
    pairs.set([atA, atB], 2 * index);
  }
  return pairs;
}

function matMul({ inputs: { a, b, bias, preluActivationWeights }, attrs, backend }: Call<Inputs, Attributes>): TensorInfo | undefined {
  const { transposeA, transposeB, activation = "linear" } = attrs;
  const code = activations.indexOf(activation);
  if (a.dtype !== "float32" || b.dtype !== "float32" || code === -1 || preluActivationWeights !== undefined) return undefined;
  const [firstA, lastA, firstB, lastB] = [a.shape.at(-2)!, a.shape.at(-1)!, b.shape.at(-2)!, b.shape.at(-1)!];
  const [rows, depth] = transposeA ? [lastA, firstA] : [firstA, lastA];
  const [inner, columns] = transposeB ? [lastB, firstB] : [firstB, lastB];
  util.assert(
    depth === inner,
    () => `Error in matMul: inner shapes (${depth}) and (${inner}) of Tensors with shapes ${a.shape.join()} and ${b.shape.join()} must match.`,
  );
  if (bias !== undefined && (bias.dtype !== "float32" || util.sizeFromShape(bias.shape) !== columns || bias.shape.at(-1) !== columns)) return undefined;
  const [batchA, batchB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const batch = broadcast_util.assertAndGetBroadcastShape(batchA, batchB);
  const count = util.sizeFromShape(batch);
  const { tensor, values } = backend.fresh([...batch, rows, columns], "float32");
  // One matrix b for all of a: a single tall product.
  const tall = !transposeA && util.sizeFromShape(batchB) === 1;
  binding.multiply(
    backend.valuesOf(a, "float32"),
    backend.valuesOf(b, "float32"),
    bias === undefined ? undefined : backend.valuesOf(bias, "float32"),
    tall ? Int32Array.of(0, 0) : pairsOf(batchA, batchB, batch),
    tall ? count * rows : rows,
    columns,
    depth,
    Number(transposeA) + 2 * Number(transposeB),
    code,
    values,
  );
  return tensor;
}

export function registerMatMul(): void {
  replace("BatchMatMul", matMul);
  replace("_FusedMatMul", matMul);
}
