import { getKernelsForBackend, registerKernel, type TensorInfo, UnsortedSegmentSum, util } from "@tensorflow/tfjs-core";

/** The part of tfjs's wasm backend that a kernel written in JavaScript needs. */
interface WasmHeap {
  makeOutput(shape: readonly number[], dtype: "float32" | "int32"): TensorInfo;
  typedArrayFromHeap(tensor: TensorInfo): Float32Array | Int32Array;
}

/**
 * Registers for wasm the kernel that the gradient of `gather` needs and that tfjs 4.22 does not have there: rows [N, …] summed into
 * `numSegments` rows by id. Ids outside the range are dropped, as on every other backend.
 */
export function registerWasmKernels(): void {
  if (getKernelsForBackend("wasm").some(({ kernelName }) => kernelName === UnsortedSegmentSum)) return;
  registerKernel({
    kernelName: UnsortedSegmentSum,
    backendName: "wasm",
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { x, segmentIds } = inputs as { x: TensorInfo; segmentIds: TensorInfo };
      const { numSegments } = attrs as unknown as { numSegments: number };
      const heap = backend as WasmHeap;
      const rowShape = x.shape.slice(segmentIds.shape.length);
      const output = heap.makeOutput([numSegments, ...rowShape], x.dtype as "float32" | "int32");
      // Views are taken after the allocation, which may move the heap.
      const [sums, rows, ids] = [heap.typedArrayFromHeap(output), heap.typedArrayFromHeap(x), heap.typedArrayFromHeap(segmentIds)];
      const width = util.sizeFromShape(rowShape);
      sums.fill(0);
      for (let row = 0; row < ids.length; row++) {
        const segment = ids[row]!;
        if (segment < 0 || segment >= numSegments) continue;
        for (let column = 0; column < width; column++) sums[segment * width + column]! += rows[row * width + column]!;
      }
      return output;
    },
  });
}
