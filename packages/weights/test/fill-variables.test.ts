import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeSafetensors, fromFloat32, type SafeTensor } from "@ssl-vit/safetensors";
import { nativeWhereBuilt, testBackends } from "@ssl-vit/testing";
import { vit, type VitOptions } from "@ssl-vit/vit";
import { getBackend, memory, setBackend, zeros, variable, type Variable } from "@tensorflow/tfjs-core";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import type { EncoderTensors } from "../src/encoder-tensors.js";
import { fillVariables } from "../src/fill-variables.js";
import { loadEncoder } from "../src/load-encoder.js";
import { saveEncoder } from "../src/save-encoder.js";
import { formulaUnits } from "./formula-values.js";
import { disposeVariables, tensorsOf, variablesOf } from "./golden.js";

const native = await nativeWhereBuilt(() => import("@ssl-vit/backend-native"));
const before = getBackend();
const folder = mkdtempSync(join(tmpdir(), "ssl-vit-fill-"));
afterEach(() => setBackend(before));
afterAll(() => { rmSync(folder, { recursive: true }); });

/** Large enough for memory of its own on the native engine. */
const SIZE = 1024;
const names = ["a", "b", "c", "d", "e", "f", "g", "h"];

function empty(): Record<string, Variable> {
  return Object.fromEntries(names.map((name) => {
    const start = zeros([SIZE]);
    const made = variable(start);
    start.dispose();
    return [name, made];
  }));
}

const tensors = (given: Pick<EncoderTensors, "read" | "readInto">): EncoderTensors => ({ names: new Set(names), leftOut: new Set(), shape: () => [SIZE], ...given });
const unasked = (): Promise<never> => Promise.reject(new Error("not this way"));
const finite = (name: string, values: Float32Array): void => { if (!values.every(Number.isFinite)) throw new Error(`${name} is not finite`); };
const later = (): Promise<void> => new Promise((resolve) => { setTimeout(resolve, 1); });

describe.skipIf(native.length === 0)("on native", () => {
  test("tensors are read straight into the memory of variables, four at a time", async () => {
    await setBackend("native");
    const variables = empty();
    let [running, most] = [0, 0];
    const readInto = async (name: string, values: Float32Array): Promise<void> => {
      most = Math.max(most, ++running);
      await later();
      values.set(formulaUnits(name, SIZE));
      running--;
    };
    await fillVariables(variables, tensors({ read: unasked, readInto }), finite);
    for (const name of names) expect(variables[name]!.dataSync(), name).toEqual(formulaUnits(name, SIZE));
    expect(most).toBe(4);
    disposeVariables({ parameters: variables, buffers: {} });
  });

  test("after a failure no read is under way that writes to memory which is not the variables' any more", async () => {
    await setBackend("native");
    const variables = empty();
    const begun: string[] = [];
    const ended: string[] = [];
    const readInto = async (name: string): Promise<void> => {
      begun.push(name);
      await later();
      if (name !== "a") await later();
      ended.push(name);
      if (name === "a" || name === "c") throw new Error(`${name} cannot be read`);
    };
    await expect(fillVariables(variables, tensors({ read: unasked, readInto }), finite)).rejects.toThrow("a cannot be read");
    expect(begun).toEqual(["a", "b", "c", "d"]);
    expect(ended).toEqual(begun);
    disposeVariables({ parameters: variables, buffers: {} });
  });

  test.each([NaN, Infinity, -Infinity])("%d among the values is seen", async (value) => {
    await setBackend("native");
    const variables = empty();
    const before = memory().numTensors;
    const readInto = (name: string, values: Float32Array): Promise<void> => {
      values.fill(1).fill(name === "f" ? value : 1, 77, 78);
      return Promise.resolve();
    };
    await expect(fillVariables(variables, tensors({ read: unasked, readInto }), finite)).rejects.toThrow("f is not finite");
    expect(memory().numTensors).toBe(before);
    disposeVariables({ parameters: variables, buffers: {} });
  });

  test("numbers whose sum is too large are finite all the same", async () => {
    await setBackend("native");
    const variables = empty();
    const readInto = (_: string, values: Float32Array): Promise<void> => {
      values.fill(3e38);
      return Promise.resolve();
    };
    await fillVariables(variables, tensors({ read: unasked, readInto }), finite);
    expect(variables["h"]!.dataSync()).toEqual(new Float32Array(SIZE).fill(3e38));
    disposeVariables({ parameters: variables, buffers: {} });
  });
});

test("where a backend keeps its memory to itself, tensors are read one by one", async () => {
  await setBackend("cpu");
  const variables = empty();
  await fillVariables(variables, tensors({ read: (name) => Promise.resolve(formulaUnits(name, SIZE)), readInto: unasked }), finite);
  for (const name of names) expect(variables[name]!.dataSync(), name).toEqual(formulaUnits(name, SIZE));
  disposeVariables({ parameters: variables, buffers: {} });
});

describe("a folder whose queries, keys and values are three tensors, in shards", () => {
  const options: VitOptions = { imageSize: 32, patchSize: 8, embedDim: 48, depth: 3, numHeads: 3, mlpRatio: 4 };

  test.each(["F32", "BF16"] as const)("of %s is the same on every engine", async (dtype) => {
    const path = join(folder, dtype);
    const encoder = vit(options)("student");
    await saveEncoder(encoder, path, { format: "hf", model: "vit" });
    const written = Object.entries(tensorsOf(join(path, "model.safetensors"))).map(([name, { shape, data }]): [string, SafeTensor] => [name, { dtype, shape, data: fromFloat32(dtype, data as Float32Array) }]);
    const shards = [0, 1].map((shard) => written.filter((_, index) => index % 2 === shard));
    const fileOf = (shard: number): string => `model-0000${shard + 1}-of-00002.safetensors`;
    for (const [shard, inside] of shards.entries()) writeFileSync(join(path, fileOf(shard)), encodeSafetensors(Object.fromEntries(inside), { format: "pt" }));
    rmSync(join(path, "model.safetensors"));
    writeFileSync(join(path, "model.safetensors.index.json"), JSON.stringify({ metadata: {}, weight_map: Object.fromEntries(shards.flatMap((inside, shard) => inside.map(([name]) => [name, fileOf(shard)]))) }));
    const rounded = (values: Float32Array): Float32Array => (dtype === "F32" ? values : new Float32Array(Uint32Array.from(fromFloat32(dtype, values), (bits) => bits << 16).buffer));
    for (const backend of testBackends("cpu", ...native)) {
      await setBackend(backend);
      const loaded = await loadEncoder(path);
      for (const [name, before] of Object.entries(variablesOf(encoder))) expect(variablesOf(loaded)[name]!.dataSync(), `${name} on ${backend}`).toEqual(rounded(before.dataSync() as Float32Array));
      disposeVariables(loaded);
    }
    disposeVariables(encoder);
  });
});
