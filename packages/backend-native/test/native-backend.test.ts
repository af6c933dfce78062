import { backend, expandDims, memory, neg, reshape, setBackend, slice, stridedSlice, tensor, tidy, type Tensor, unique, variable } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { NativeBackend, nativeInfo } from "../src/index.js";
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
