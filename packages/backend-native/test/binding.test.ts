import { describe, expect, it } from "vitest";
import { binding } from "../src/binding.js";
import { shrunk } from "./bad-input.js";
import { script } from "./in-process.js";

interface Outcomes {
  readonly kernels: string[];
  readonly unsampled: string[];
  readonly functions: string[];
  readonly uncalled: string[];
  readonly calls: number;
  readonly refused: number;
  readonly problems: string[];
}

describe("kernels and the addon's functions", () => {
  it("return or throw an Error, whatever they are given", async () => {
    // In a process of its own: a crash is an error that names the seed and the call.
    const run = await script("bad-input-script");
    const { kernels, unsampled, functions, uncalled, calls, refused, problems } = run({ SEED: String(Date.now() % 2 ** 31) }) as Outcomes;
    expect(problems).toEqual([]);
    expect(kernels.length).toBeGreaterThan(70);
    expect(unsampled, "kernels without a call in kernel-samples.ts").toEqual([]);
    expect(functions).toEqual(expect.arrayContaining(Object.keys(binding)));
    const withoutArrays = /Names$|^(threads|instructions|useBfloat16)$/;
    expect(uncalled.filter((name) => !withoutArrays.test(name)), "functions of the addon that no call in kernel-samples.ts reaches").toEqual([]);
    expect(calls).toBeGreaterThan(25_000);
    expect(refused).toBeGreaterThan(10_000);
    expect(calls - refused).toBeGreaterThan(5_000);
  });
});

it("two workers and the main thread compute at once; one ends, one is terminated, the process exits while another computes", async () => {
  const run = await script("workers-script");
  for (const threads of ["2", "5"]) {
    const { digests, terminated } = run({ SSL_VIT_THREADS: threads }) as { digests: string[]; terminated: number };
    expect(digests.length).toBe(4);
    expect(new Set(digests).size).toBe(1);
    expect(terminated).toBe(1);
  }
});

const memory = new ArrayBuffer(256);

describe("the addon's functions", () => {
  const six = (): Float32Array => new Float32Array(6);
  const refused: [string, RegExp, () => unknown][] = [
    ["another type of array", /expected a Float32Array/, () => { binding.gelu(new Float64Array(6) as never, six()); }],
    ["a length that does not fit", /lengths/, () => { binding.gelu(six(), new Float32Array(5)); }],
    ["a result that is an input", /shares its bytes/, () => { const x = six(); binding.gelu(x, x); }],
    ["a result that overlaps another", /shares its bytes/, () => { binding.layerNorm(six(), six(), six(), 0, six(), new Float32Array(memory, 0, 4), new Float32Array(memory, 8, 4)); }],
    ["a detached array", /lengths/, () => { const x = six(); structuredClone(x, { transfer: [x.buffer as ArrayBuffer] }); binding.gelu(x, six()); }],
    ["memory that other threads may write to", /SharedArrayBuffer/, () => { binding.gelu(new Float32Array(new SharedArrayBuffer(24)), six()); }],
    ["a result in memory that other threads may write to", /SharedArrayBuffer/, () => { binding.gelu(six(), new Float32Array(new SharedArrayBuffer(24))); }],
    ["an array whose memory shrank", /lengths/, () => { binding.gelu(shrunk(6), six()); }],
    ["a copy beyond the source", /source has 6 elements/, () => { binding.copyFloats(Int32Array.of(0, 0, 6, 2, 1), six(), six()); }],
    ["a copy before the source", /source has 6 elements/, () => { binding.copyFloats(Int32Array.of(0, 0, 6, -1, 1), six(), six()); }],
    ["a copy beyond the target", /target has 6 elements/, () => { binding.copyFloats(Int32Array.of(0, 1, 6, 1, 1), six(), six()); }],
    ["a target written twice", /overlap/, () => { binding.copyFloats(Int32Array.of(0, 0, 2, 1, 1, 2, 1, 1), six(), six()); }],
    ["sizes whose product wraps around", /too large|lengths/, () => { binding.attention(six(), 2 ** 31, 2 ** 31, 2 ** 31, 2 ** 31, 1, six(), six()); }],
    ["an index out of range", /index value 9/, () => { binding.gather(six(), Int32Array.of(9), 1, 1, 6, 1, 1, new Float32Array(1)); }],
    ["matrices that are not there", /operands/, () => { binding.multiply(six(), six(), undefined, Int32Array.of(0, 1), 2, 2, 3, 0, 0, new Float32Array(4)); }],
    ["a filter that does not fit", /lengths/, () => { binding.convolve(Int32Array.of(1, 2, 3, 1, 2, 2, 1, 1, 2, 1, 1, 1, 1, 0, 0), six(), six(), undefined, 0, new Float32Array(2)); }],
    ["a convolution without a stride", /strides/, () => { binding.convolve(Int32Array.of(1, 2, 3, 1, 2, 3, 1, 1, 1, 0, 1, 1, 1, 0, 0), six(), six(), undefined, 0, new Float32Array(1)); }],
    ["images without pixels to resize", /no pixels/, () => { binding.resize(Int32Array.of(1, 0, 1, 1, 1, 1), false, false, new Float32Array(0), new Float32Array(1)); }],
    ["more of the largest than there are", /lengths/, () => { binding.topFloats(six(), 3, 4, true, new Float32Array(8), new Int32Array(8)); }],
    ["an operation that is none", /99 is not one/, () => { binding.unary(99, 0, six(), six()); }],
  ];
  it.each(refused)("refuse %s", (_, message, call) => {
    expect(call).toThrow(message);
  });
});
