import { backend, engine, expandDims, memory, neg, reshape, setBackend, slice, stridedSlice, tensor, tidy, type Tensor, unique, variable } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { NativeBackend, nativeInfo } from "../src/index.js";
import { stridedCopy } from "../src/strided-copy.js";
import { noise } from "./noise.js";

beforeAll(async () => {
  await setBackend("native");
});

function native(): NativeBackend {
  const current = backend();
  if (!(current instanceof NativeBackend)) throw new Error("the native backend is not in use");
  return current;
}

const idleBytes = (): number => native().memory().pool.idleBytes;
const values = noise(10_000);
const negatives = values.map((value) => -value);

describe("memoryOf", () => {
  it("is a tensor's own memory, to be changed in place", () => {
    const x = tensor(values);
    const memoryOfX = native().memoryOf(x)!;
    memoryOfX[0] = 5;
    expect(x.dataSync()[0]).toBe(5);
    x.dispose();
  });

  it("is refused where another tensor has it too, or may have, and for other types", () => {
    const x = tensor(values);
    const shared = reshape(x, [100, 100]);
    expect(native().memoryOf(x)).toBeUndefined();
    shared.dispose();
    expect(native().memoryOf(x)).toBeDefined();
    unique(x).values.dispose(); // a kernel of the CPU backend
    expect(native().memoryOf(x)).toBeUndefined();
    x.dispose();
    expect(native().memoryOf(x)).toBeUndefined();
    const integers = tensor([1, 2], [2], "int32");
    expect(native().memoryOf(integers)).toBeUndefined();
    integers.dispose();
  });
});

describe("pooled memory", () => {
  it("is used again", () => {
    native().trim();
    const x = tensor(values);
    neg(x).dispose();
    const idle = idleBytes();
    expect(idle).toBeGreaterThanOrEqual(40_000);
    const y = neg(x);
    expect(idleBytes()).toBeLessThan(idle);
    expect(y).toBeAllClose(negatives);
    x.dispose();
    y.dispose();
  });

  it("never changes what dataSync, data or bufferSync returned", async () => {
    const x = tensor(values);
    const y = neg(x);
    const results = [y.dataSync(), await y.data(), y.bufferSync().values];
    y.dispose();
    const others = Array.from({ length: 4 }, () => neg(neg(x)));
    for (const result of results) expect(result).toBeAllClose(negatives);
    others.forEach((other) => {
      other.dispose();
    });
    x.dispose();
  });

  it("is not used again while a kernel of the CPU backend may have kept it", () => {
    // The CPU backend's stridedSlice and unique may return a part of their input's own array.
    const x = tensor(values);
    const y = neg(x);
    const part = stridedSlice(y, [0], [5000], [1]);
    y.dispose();
    const others = Array.from({ length: 4 }, () => neg(neg(x)));
    expect(part).toBeAllClose(negatives.slice(0, 5000));
    [x, part, ...others].forEach((each) => {
      each.dispose();
    });
  });

  it("keeps a copy of a user's array, never the array itself", () => {
    const mine = Float32Array.from({ length: 5000 }, (_, index) => index);
    const x = tensor(mine);
    mine.fill(-1);
    expect(x.dataSync()[4999]).toBe(4999);
    x.dispose();
    const other = neg(tensor(new Float32Array(5000)));
    expect(mine[0]).toBe(-1);
    other.dispose();
  });

  it("stays while another tensor shares it", () => {
    const x = tensor(values);
    const y = neg(x);
    const shared: Tensor[] = [reshape(y, [100, 100]), expandDims(y), y.clone(), variable(y)];
    y.dispose();
    const others = Array.from({ length: 4 }, () => neg(neg(x)));
    for (const view of shared) expect(view).toBeAllClose(negatives);
    [x, ...shared, ...others].forEach((each) => {
      each.dispose();
    });
  });

  it("has a limit and can be trimmed", () => {
    native().setPoolLimit(100_000);
    tidy(() => {
      for (let round = 0; round < 10; round++) neg(tensor(values));
    });
    expect(idleBytes()).toBeLessThanOrEqual(100_000);
    native().trim();
    expect(idleBytes()).toBe(0);
    native().setPoolLimit(2 ** 31);
  });

  it("leaves no tensor and no data behind", () => {
    const before = [memory().numTensors, native().numDataIds()];
    tidy(() => {
      unique(slice(neg(tensor(values)), 0, 10));
    });
    expect([memory().numTensors, native().numDataIds()]).toEqual(before);
  });
});

it("a tensor may lie in memory that other threads write to", () => {
  const shared = new Float32Array(new SharedArrayBuffer(4 * values.length));
  shared.set(values);
  const x = tensor(shared);
  expect(neg(x)).toBeAllClose(negatives);
  x.dispose();
});

describe("a kernel that fails", () => {
  it("leaves nothing behind", () => {
    const before = native().numDataIds();
    const [x, indices] = [tensor(values, [1, 100, 100]), tensor([[100]], [1, 1], "int32")];
    expect(() => engine().runKernel("GatherTokens", { x, indices })).toThrow(/index value 100/);
    x.dispose();
    indices.dispose();
    expect(native().numDataIds()).toBe(before);
  });

  it.each([[[-1]], [[2.5]], [[NaN]], [[2 ** 40, 2 ** 40]]])("by a result of shape %j says so", (shape) => {
    expect(() => native().fresh(shape, "float32")).toThrow(/tensor shape: expected whole numbers that are not negative/);
  });

  it("by steps of 2 ** 31 and more says so, and does not take them for others", () => {
    const copy = (source: number): void => {
      stridedCopy([{ size: 2, source, target: 1 }], Uint8Array.of(1, 2), 0, new Uint8Array(2), 0);
    };
    expect(() => { copy(2 ** 32 + 1); }).toThrow(/below 2 \*\* 31, received 4294967297/);
    expect(() => { copy(NaN); }).toThrow(/layout/);
  });
});

it("a tensor can move to the CPU backend and back", async () => {
  const x = tensor(values);
  const y = neg(x);
  await setBackend("cpu");
  const onCpu = neg(y);
  await setBackend("native");
  expect(neg(onCpu)).toBeAllClose(negatives);
});

it("says what it uses", () => {
  expect(nativeInfo().threads).toBeGreaterThan(0);
  expect(["avx512bf16", "avx512", "avx2", "portable"]).toContain(nativeInfo().instructions);
});
