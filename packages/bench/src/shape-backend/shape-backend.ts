import { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
import { type backend_util, type DataType, type TensorInfo, util } from "@tensorflow/tfjs-core";
import { createPoolModel, type Part } from "./pool-model.js";
import type { Made, Outcome } from "./shape-rule.js";

/** What is known of a tensor's data. */
interface ShapeData {
  readonly dtype: DataType;
  readonly shape: readonly number[];
  refCount: number;
  readonly bytes: number;
  readonly memory: Part;
  /** Only of what came from the host, or was computed from that: indices, masks, numbers. */
  values: backend_util.BackendValues | undefined;
  isTrained: boolean;
}

/** What was counted since the last `take`. */
export interface Counts {
  readonly flops: number;
  readonly extraFlops: number;
  /** Most bytes that the engine's pool held at a time. */
  readonly peakBytes: number;
}

const bytesOf = (shape: readonly number[], dtype: DataType): number => (dtype === "string" ? 0 : util.sizeFromShape([...shape]) * util.bytesPerElement(dtype));

/**
 * A tfjs backend that computes nothing: a tensor is its shape (PyTorch's "meta" device). It counts operations and the bytes that are alive.
 *
 * Masks and indices are drawn on the host and looked at there. So tensors that are made of the host's values keep them, as long as `keepsValues` is on, and
 * what follows from such values alone is computed after all, by the kernels of the CPU backend. Of all others nothing is known: read, each value is 1.
 */
export class ShapeBackend extends MathBackendCPU {
  /** Off while weights are made: a ViT-H's would fill 2.5 GB. */
  keepsValues = false;
  /** What the native engine would hold for these tensors. */
  readonly pool = createPoolModel();
  #nextId = 0;
  #liveBytes = 0;
  #peakBytes = 0;
  #flops = 0;
  #extraFlops = 0;

  /** Bytes of all tensors that are alive. */
  get liveBytes(): number {
    return this.#liveBytes;
  }

  #dataOf({ dataId }: { dataId: object }): ShapeData {
    return this.data.get(dataId) as unknown as ShapeData;
  }

  #register(dataId: object, shape: readonly number[], dtype: DataType, values: backend_util.BackendValues | undefined, { refCount = 1, lasting = false } = {}): void {
    const bytes = bytesOf(shape, dtype);
    const data: ShapeData = { dtype, shape, refCount, bytes, memory: this.#take(bytes, lasting), values, isTrained: false };
    this.data.set(dataId, data as unknown as Parameters<typeof this.data.set>[1]);
    this.#liveBytes += bytes;
  }

  #take(bytes: number, lasting: boolean): Part {
    const part = this.pool.take(bytes, lasting);
    this.#peakBytes = Math.max(this.#peakBytes, this.pool.heldBytes);
    return part;
  }

  override write(values: backend_util.BackendValues | undefined, shape: number[], dtype: DataType): object {
    const dataId = { id: this.#nextId++ };
    this.#register(dataId, shape, dtype, this.keepsValues ? values : undefined);
    return dataId;
  }

  override move(dataId: object, values: backend_util.BackendValues, shape: number[], dtype: DataType, refCount: number): void {
    this.#register(dataId, shape, dtype, this.keepsValues ? values : undefined, { refCount });
  }

  /** New tensors, without values, as a kernel makes them of its inputs. */
  make({ outputs, flops = 0, extraFlops = 0, scratchBytes = 0, lasting = false }: Outcome, inputs: readonly TensorInfo[]): TensorInfo | TensorInfo[] {
    const isTrained = inputs.some((input) => this.isTrained(input));
    const create = ({ shape, dtype }: Made): TensorInfo => {
      const dataId = { id: this.#nextId++ };
      this.#register(dataId, shape, dtype, undefined, { lasting });
      this.#dataOf({ dataId }).isTrained = isTrained;
      return { dataId, shape: [...shape], dtype };
    };
    const made = "shape" in outputs ? create(outputs) : outputs.map(create);
    if (scratchBytes > 0) this.pool.give(this.#take(scratchBytes, false));
    this.countFlops(flops, extraFlops);
    return made;
  }

  countFlops(flops: number, extraFlops: number): void {
    this.#flops += flops;
    this.#extraFlops += extraFlops;
  }

  /** Whether a tensor's values are known. */
  isKnown(tensor: TensorInfo): boolean {
    return this.#dataOf(tensor).values !== undefined;
  }

  /** Whether a tensor depends on one that was marked as trained. */
  isTrained(tensor: TensorInfo): boolean {
    return this.#dataOf(tensor).isTrained;
  }

  markTrained(tensor: TensorInfo): void {
    this.#dataOf(tensor).isTrained = true;
  }

  /** The results of a kernel of the CPU backend, on ones where nothing is known: for their shapes. */
  makeByComputing(inputs: readonly TensorInfo[], compute: () => TensorInfo | TensorInfo[]): TensorInfo | TensorInfo[] {
    const before = this.keepsValues;
    const unknown = inputs.map((input) => this.#dataOf(input)).filter(({ values }) => values === undefined);
    this.keepsValues = true;
    for (const data of unknown) data.values = this.#onesLike(data);
    try {
      const results = compute();
      for (const result of [results].flat()) {
        const data = this.#dataOf(result);
        data.values = undefined;
        data.isTrained = inputs.some((input) => this.isTrained(input));
      }
      return results;
    } finally {
      for (const data of unknown) data.values = undefined;
      this.keepsValues = before;
    }
  }

  #onesLike({ shape, dtype }: ShapeData): backend_util.TypedArray {
    if (dtype === "string" || dtype === "complex64") throw new Error(`[bench] tensor to read: expected numbers or truth values, received ${dtype}. The shape backend has no values of it.`);
    return util.getTypedArrayFromDType(dtype, util.sizeFromShape([...shape])).fill(1);
  }

  /** Known values, or ones: finite, and of no harm to what divides by them. */
  override readSync(dataId: object): backend_util.BackendValues {
    const data = this.#dataOf({ dataId });
    return util.convertBackendValuesAndArrayBuffer(data.values ?? this.#onesLike(data), data.dtype);
  }

  override disposeData(dataId: object, force = false): boolean {
    const data = this.data.has(dataId) ? this.#dataOf({ dataId }) : undefined;
    const released = super.disposeData(dataId, force);
    if (released && data !== undefined) {
      this.#liveBytes -= data.bytes;
      this.pool.give(data.memory);
    }
    return released;
  }

  /** The counts since the last call. */
  take(): Counts {
    const counts = { flops: this.#flops, extraFlops: this.#extraFlops, peakBytes: this.#peakBytes };
    [this.#flops, this.#extraFlops, this.#peakBytes] = [0, 0, this.pool.heldBytes];
    return counts;
  }
}
