import { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
import { type backend_util, type DataType, type TensorInfo, util } from "@tensorflow/tfjs-core";
import { ConfigError } from "@ssl-vit/core";
import { createBufferPool, type Piece, type PoolState, smallestPooled } from "./buffer-pool.js";
import { checkAttribute } from "./check.js";

/** A numeric dtype and the array it is stored in. */
export interface ArrayOf {
  float32: Float32Array;
  int32: Int32Array;
  bool: Uint8Array;
}
export type NumericType = keyof ArrayOf;

const elementBytes: Record<NumericType, number> = { float32: 4, int32: 4, bool: 1 };

export const isNumeric = (dtype: DataType): dtype is NumericType => dtype in elementBytes;

/** An array of the dtype over the first bytes of a piece of memory. */
function view<T extends NumericType>(dtype: T, { buffer, start }: Piece, length: number): ArrayOf[T] {
  const array = dtype === "float32" ? new Float32Array(buffer, start, length) : dtype === "int32" ? new Int32Array(buffer, start, length) : new Uint8Array(buffer, start, length);
  return array as ArrayOf[T];
}

/**
 * A tensor's data in pooled memory. Whoever reads `values` (the kernels of the CPU backend do) may keep the array or make a part
 * of it another tensor's data, so from then on the memory is the garbage collector's and never used again.
 */
interface PooledData {
  readonly dtype: DataType;
  refCount: number;
  readonly piece: Piece;
  readonly array: ArrayOf[NumericType];
  escaped: boolean;
  readonly values: ArrayOf[NumericType];
}

function pooledData(dtype: DataType, piece: Piece, array: ArrayOf[NumericType]): PooledData {
  return {
    dtype,
    refCount: 1,
    piece,
    array,
    escaped: false,
    get values() {
      this.escaped = true;
      return array;
    },
  };
}

const isPooled = (data: object): data is PooledData => "piece" in data;

/** A new tensor and the array to write its values to. */
export interface Fresh<T extends NumericType> {
  readonly tensor: TensorInfo;
  readonly values: ArrayOf[T];
  /** All values are 0 already, in memory that the system provides when it is written to. */
  readonly isZero: boolean;
}

const defaultPoolBytes = 2 ** 31;

/** The tfjs backend "native": the data of the CPU backend in pooled memory, with kernels in Rust. */
export class NativeBackend extends MathBackendCPU {
  readonly #pool = createBufferPool(defaultPoolBytes);
  #nextId = 0;
  /** The data that the present kernel has made. */
  #made: object[] | undefined;

  /**
   * Keeps a copy, in pooled memory where it has a size to speak of: what is put in its place later finds that memory again, and the
   * caller's array stays the caller's.
   */
  override write(values: backend_util.BackendValues, shape: number[], dtype: DataType): object {
    if (isNumeric(dtype) && ArrayBuffer.isView(values) && values.length === util.sizeFromShape(shape) && values.byteLength >= smallestPooled) {
      const { tensor, values: copy } = this.fresh(shape, dtype);
      copy.set(values);
      return tensor.dataId;
    }
    // The CPU backend's own method also advises to install a native backend.
    const dataId = { id: this.#nextId++ };
    this.data.set(dataId, { values, dtype, refCount: 1 });
    this.#made?.push(dataId);
    return dataId;
  }

  /**
   * A tensor whose values are still to be written: all of them must be.
   *
   * @param lasting whether it is to become a variable's value
   */
  fresh<T extends NumericType>(shape: readonly number[], dtype: T, lasting = false): Fresh<T> {
    const length = util.sizeFromShape([...shape]);
    const holds = Number.isSafeInteger(length) && shape.every((size) => Number.isInteger(size) && size >= 0);
    checkAttribute("tensor", "shape", holds, "whole numbers that are not negative", shape);
    const piece = this.#pool.take(length * elementBytes[dtype], lasting);
    const values = view(dtype, piece, length);
    const dataId = { id: this.#nextId++ };
    this.data.set(dataId, pooledData(dtype, piece, values));
    this.#made?.push(dataId);
    return { tensor: { dataId, shape: [...shape], dtype }, values, isZero: piece.isNew === true };
  }

  /** Runs a kernel. If it fails, the tensors that it has made so far are disposed: nobody else knows of them. */
  undoOnError<R>(compute: () => R): R {
    const outer = this.#made;
    const made: object[] = [];
    this.#made = made;
    try {
      return compute();
    } catch (error) {
      for (const dataId of made) this.disposeData(dataId);
      throw error;
    } finally {
      this.#made = outer;
    }
  }

  /** Memory for the length of `use`. */
  withScratch<R>(length: number, use: (values: Float32Array) => R): R {
    const piece = this.#pool.take(length * 4);
    try {
      return use(view("float32", piece, length));
    } finally {
      this.#pool.give(piece);
    }
  }

  /** A tensor's values, to be read during the present kernel and not kept. */
  valuesOf<T extends NumericType>(tensor: TensorInfo, dtype: T): ArrayOf[T] {
    const data = this.#dataOf(tensor);
    const values: unknown = isPooled(data) ? data.array : data.values;
    const fits = dtype === "float32" ? values instanceof Float32Array : dtype === "int32" ? values instanceof Int32Array : values instanceof Uint8Array;
    // The addon takes no memory that other threads may write to.
    if (fits && !((values as ArrayOf[T]).buffer instanceof SharedArrayBuffer)) return values as ArrayOf[T];
    // Kernels of the CPU backend are free in their choice of array.
    const from = values as ArrayLike<number>;
    return (dtype === "float32" ? new Float32Array(from) : dtype === "int32" ? new Int32Array(from) : new Uint8Array(from)) as ArrayOf[T];
  }

  /**
   * The memory of a float32 tensor, to be changed in place by whoever may change the tensor; it is the tensor's until that is disposed.
   *
   * @returns undefined for memory that another tensor shares, or may share
   */
  memoryOf({ dataId, dtype }: TensorInfo): Float32Array<ArrayBuffer> | undefined {
    if (dtype !== "float32" || !this.data.has(dataId)) return undefined;
    const data = this.data.get(dataId) as PooledData | { readonly values: unknown };
    if (!isPooled(data) || data.escaped || data.refCount !== 1) return undefined;
    return data.array as Float32Array<ArrayBuffer>;
  }

  /** A tensor's data, fetched from another backend if they are there. */
  #dataOf({ dataId }: TensorInfo): PooledData | { readonly values: unknown } {
    try {
      return this.data.get(dataId) as PooledData | { readonly values: unknown };
    } catch (cause) {
      // tfjs looks for them everywhere, and does not expect to find them nowhere.
      throw new ConfigError({ package: "backend-native", what: "tensor", expected: "one with data", received: "one that was disposed" }, { cause });
    }
  }

  /** The values as the caller's own: a copy where the memory is pooled, since it will hold something else later. */
  override readSync(dataId: object): backend_util.BackendValues {
    const data = this.data.get(dataId);
    return isPooled(data) ? data.array.slice() : super.readSync(dataId);
  }

  override disposeData(dataId: object, force = false): boolean {
    const data = this.data.has(dataId) ? this.data.get(dataId) : undefined;
    const released = super.disposeData(dataId, force);
    if (released && data !== undefined && isPooled(data)) {
      if (data.escaped) this.#pool.forsake(data.piece);
      else this.#pool.give(data.piece);
    }
    return released;
  }

  /** Gives idle memory back, all but `keepBytes`. */
  trim(keepBytes = 0): void {
    this.#pool.trim(keepBytes);
  }

  /** Most bytes of idle memory to keep (2 GiB unless set). */
  setPoolLimit(bytes: number): void {
    this.#pool.setLimit(bytes);
  }

  /** As the CPU backend's, with the state of the pool. */
  override memory(): { unreliable: boolean; reasons: string[]; pool: PoolState } {
    return { ...super.memory(), pool: this.#pool.state() };
  }
}
