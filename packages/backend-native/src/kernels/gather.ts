import { type TensorInfo, util } from "@tensorflow/tfjs-core";
import { binding } from "../binding.js";
import { checkAttribute, checkShape } from "../check.js";
import { define, replace } from "../kernel.js";
import { isNumeric } from "../native-backend.js";
import { asWords } from "../strided-copy.js";

const product = (sizes: readonly number[]): number => sizes.reduce((result, size) => result * size, 1);

/** Runs the kernel's part that reads indices: an error about one begins with the kernel's name, as the CPU backend says it. */
function named(kernel: string, compute: () => void): void {
  try {
    compute();
  } catch (error) {
    throw new Error(`${kernel}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

export function registerGather(): void {
  replace<{ x: TensorInfo; indices: TensorInfo }, { axis: number; batchDims: number }>("GatherV2", ({ inputs: { x, indices }, attrs, backend }) => {
    const axis = util.parseAxisParam(attrs.axis, x.shape)[0]!;
    const { batchDims } = attrs;
    if (!isNumeric(x.dtype) || indices.dtype !== "int32" || batchDims < 0 || batchDims > axis || product(x.shape) === 0) return undefined;
    const batchShape = x.shape.slice(0, batchDims);
    if (!util.arraysEqual(batchShape, indices.shape.slice(0, batchDims))) return undefined;
    const shape = [...x.shape.slice(0, axis), ...indices.shape.slice(batchDims), ...x.shape.slice(axis + 1)];
    const { tensor, values } = backend.fresh(shape, x.dtype);
    const [outer, inner] = [product(x.shape.slice(batchDims, axis)), product(x.shape.slice(axis + 1))];
    const count = product(indices.shape.slice(batchDims));
    const [from, at] = [backend.valuesOf(x, x.dtype), backend.valuesOf(indices, "int32")];
    const sizes = [product(batchShape), outer, x.shape[axis]!, count, inner] as const;
    named("GatherV2", () => {
      if (from instanceof Uint8Array) binding.gatherBytes(from, at, ...sizes, values as Uint8Array);
      else binding.gather(asWords(from), at, ...sizes, asWords(values as Float32Array | Int32Array));
    });
    return tensor;
  });

  replace<{ x: TensorInfo; segmentIds: TensorInfo }, { numSegments: number }>("UnsortedSegmentSum", ({ inputs: { x, segmentIds }, attrs, backend }) => {
    const inner = product(x.shape.slice(segmentIds.shape.length));
    if (!isNumeric(x.dtype) || segmentIds.dtype !== "int32" || segmentIds.shape.length !== 1 || inner === 0) return undefined;
    // Sums are floats whatever x is, as the CPU backend's are.
    const { tensor, values } = backend.fresh([attrs.numSegments, ...x.shape.slice(1)], "float32");
    binding.segmentSum(backend.valuesOf(x, "float32"), backend.valuesOf(segmentIds, "int32"), inner, values);
    return tensor;
  });

  define<{ x: TensorInfo; indices: TensorInfo }, unknown>("GatherTokens", ({ inputs: { x, indices }, backend }) => {
    checkShape("GatherTokens", "x", x, [-1, -1, -1]);
    const [batch, tokens, width] = x.shape as [number, number, number];
    checkShape("GatherTokens", "indices", indices, [batch, -1], "int32");
    const count = indices.shape[1]!;
    const { tensor, values } = backend.fresh([batch, count, width], "float32");
    const [from, at] = [backend.valuesOf(x, "float32"), backend.valuesOf(indices, "int32")];
    named("GatherTokens", () => {
      binding.gather(from, at, batch, 1, tokens, count, width, values);
    });
    return tensor;
  });

  define<{ dy: TensorInfo; indices: TensorInfo }, { tokens: number }>("GatherTokensGrad", ({ inputs: { dy, indices }, attrs: { tokens }, backend }) => {
    checkShape("GatherTokensGrad", "dy", dy, [-1, -1, -1]);
    const [batch, count, width] = dy.shape as [number, number, number];
    checkShape("GatherTokensGrad", "indices", indices, [batch, count], "int32");
    checkAttribute("GatherTokensGrad", "tokens", Number.isInteger(tokens) && tokens >= 0, "the number of tokens of x", tokens);
    const { tensor, values } = backend.fresh([batch, tokens, width], "float32");
    const [from, at] = [backend.valuesOf(dy, "float32"), backend.valuesOf(indices, "int32")];
    named("GatherTokensGrad", () => {
      binding.scatterAdd(from, at, batch, tokens, count, width, values);
    });
    return tensor;
  });
}
