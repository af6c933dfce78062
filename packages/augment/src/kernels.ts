import { kernelsCode } from "./kernels-code.js";

/** What is used of WebAssembly: this package is compiled without a browser's types. */
declare const WebAssembly: {
  readonly Memory: new (size: { readonly initial: number }) => KernelMemory;
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

interface KernelMemory {
  readonly buffer: ArrayBuffer;
  /** Adds pages of 64 KB. Views of the buffer are void afterwards. */
  grow(pages: number): number;
}

/** The functions of ../kernels, where they are described. All numbers but factors are integers; addresses are places in the memory. */
interface KernelFunctions {
  splitWeights(counts: number, weights: number, stride: number, outputSize: number, pairs: number, table: number): void;
  filterRows(input: number, rowLength: number, rows: number, firsts: number, table: number, pairs: number, outputSize: number, output: number): void;
  filterColumns(input: number, rowLength: number, firsts: number, table: number, pairs: number, outputSize: number, output: number): void;
  sumLuma(input: number, pixels: number): number;
  blendFromValue(input: number, length: number, value: number, factor: number, output: number): void;
  blendFromLuma(input: number, pixels: number, factor: number, output: number): void;
  flipRows(input: number, width: number, rows: number, output: number): void;
  normalize(input: number, length: number, constants: number, output: number): void;
  turnHue(input: number, pixels: number, shift: number, output: number): void;
}

export interface Kernels extends KernelFunctions {
  /**
   * Addresses of pieces of memory of so many bytes, with 16 more behind each, and views of all memory. Nothing there outlives an operation:
   * the next one begins at the same place.
   */
  reserve(...lengths: number[]): { readonly places: readonly number[]; readonly bytes: Uint8Array; readonly words: Int32Array; readonly floats: Float32Array };
}

const PAGE = 1 << 16;
const ALIGNMENT = 16;

function start(): Kernels {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const code = Uint8Array.from(atob(kernelsCode), (character) => character.charCodeAt(0));
  const functions = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } }).exports as KernelFunctions;
  return {
    ...functions,
    reserve: (...lengths) => {
      let end = 0;
      const places = lengths.map((length) => {
        const place = end;
        end = ALIGNMENT * Math.ceil((end + length) / ALIGNMENT + 1);
        return place;
      });
      const missing = end - memory.buffer.byteLength;
      if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
      return { places, bytes: new Uint8Array(memory.buffer), words: new Int32Array(memory.buffer), floats: new Float32Array(memory.buffer) };
    },
  };
}

let started: Kernels | undefined;

/** The loops over pixels in WebAssembly, of which each thread has its own. Their results are those of the loops in JavaScript, byte for byte. */
export const kernels = (): Kernels => (started ??= start());
