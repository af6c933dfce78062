import { mkdtemp, open as openFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeSafetensors, fromFloat32, layOutSafetensors, type SafeTensor } from "@ssl-vit/safetensors";
import { sharedPath } from "@ssl-vit/testing";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ByteSource, filesIn, openSafetensors, openStateDict, type WeightFiles } from "../src/index.js";
import { bytesSource } from "./bytes-source.js";

const tensors: Readonly<Record<string, SafeTensor>> = {
  weight: { dtype: "F32", shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
  half: { dtype: "F16", shape: [2], data: fromFloat32("F16", Float32Array.of(0.5, -2)) },
  brain: { dtype: "BF16", shape: [2], data: fromFloat32("BF16", Float32Array.of(0.5, -3)) },
  count: { dtype: "I64", shape: [], data: BigInt64Array.of(7n) },
  mask: { dtype: "BOOL", shape: [2], data: Uint8Array.of(1, 0) },
};

type Opened = ReturnType<typeof bytesSource>;

/** A folder in memory; notes what was opened. */
function folderOf(held: Readonly<Record<string, Uint8Array | string>>): WeightFiles & { readonly opened: Opened[] } {
  const opened: Opened[] = [];
  return {
    location: "model",
    opened,
    readText: (name) => Promise.resolve(typeof held[name] === "string" ? held[name] : undefined),
    open(name): Promise<ByteSource | undefined> {
      const bytes = held[name];
      if (!(bytes instanceof Uint8Array)) return Promise.resolve(undefined);
      opened.push(bytesSource(bytes, `model/${name}`));
      return Promise.resolve(opened.at(-1));
    },
  };
}

describe("openSafetensors", () => {
  it("reads every tensor as float32", async () => {
    const files = folderOf({ "model.safetensors": encodeSafetensors(tensors, { format: "pt" }) });
    const state = await openSafetensors(files, "model.safetensors");
    expect([...state.names].sort()).toEqual(Object.keys(tensors).sort());
    expect(state.info("half")).toEqual({ dtype: "F16", shape: [2] });
    const values = Object.fromEntries(await Promise.all(state.names.map(async (name) => [name, [...(await state.read(name))]] as const)));
    expect(values).toEqual({ weight: [1, 2, 3, 4], half: [0.5, -2], brain: [0.5, -3], count: [7], mask: [1, 0] });
    await state.close();
    expect(files.opened.every((source) => source.isClosed())).toBe(true);
  });

  it("reads no byte that is not asked for", async () => {
    const large = { ...tensors, large: { dtype: "F32", shape: [1 << 16], data: new Float32Array(1 << 16) } satisfies SafeTensor };
    const files = folderOf({ "model.safetensors": encodeSafetensors(large) });
    const state = await openSafetensors(files, "model.safetensors");
    const header = files.opened[0]!.bytesRead();
    expect(header).toBeLessThan(1000);
    await state.read("weight");
    expect(files.opened[0]!.bytesRead() - header).toBe(16);
  });

  it.each<[string, Uint8Array | undefined, string]>([
    ["that are not there", undefined, "model/model.safetensors: expected a safetensors file, received no such file."],
    ["that are cut off", encodeSafetensors(tensors).slice(0, -1), "model/model.safetensors: expected a whole safetensors file, received data_offsets of "],
    ["whose header is longer than they", new Uint8Array(20).fill(1), "expected a whole safetensors file, received header length: expected at most 12 bytes, received 72340172838076673. The file is cut short or is no safetensors file."],
  ])("refuses files %s", async (_, bytes, message) => {
    const files = folderOf(bytes === undefined ? {} : { "model.safetensors": bytes });
    await expect(openSafetensors(files, "model.safetensors")).rejects.toThrow(`[@ssl-vit/weights] ${message.startsWith("model/") ? message : `model/model.safetensors: ${message}`}`);
    expect(files.opened.every((source) => source.isClosed())).toBe(true);
  });

  it("refuses 1,000 damaged headers clearly, or reads them", async () => {
    const bytes = encodeSafetensors(tensors, { format: "pt" });
    const headerEnd = layOutSafetensors(tensors, { format: "pt" }).start.length;
    const change = fc.record({ position: fc.nat({ max: headerEnd - 1 }), value: fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(...Buffer.from('{}[]",:0123456789'))) });
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const damaged = Uint8Array.from(bytes);
        for (const { position, value } of changes) damaged[position] = value;
        try {
          const state = await openSafetensors(folderOf({ a: damaged }), "a");
          for (const name of state.names) await state.read(name);
        } catch (error) {
          refused++;
          expect((error as Error).name).toBe("ConfigError");
          expect((error as Error).message).toMatch(/^\[@ssl-vit\/weights\] model\/a: expected a whole safetensors file, received .+\. The file is cut off or damaged/s);
        }
      }),
      { numRuns: 1000 },
    );
    expect(refused).toBeGreaterThan(500);
  });
});

describe("shards", () => {
  const { weight, half, ...others } = tensors as Readonly<Record<"weight" | "half", SafeTensor>> & typeof tensors;
  const index = (map: object): string => JSON.stringify({ metadata: { total_size: 1 }, weight_map: map });
  const whole = { weight: "model-00001-of-00002.safetensors", half: "model-00002-of-00002.safetensors" };
  const shards = { [whole.weight]: encodeSafetensors({ weight }), [whole.half]: encodeSafetensors({ half, ...others }) };
  const INDEX = "model.safetensors.index.json";

  it("are read as one", async () => {
    const files = folderOf({ ...shards, [INDEX]: index(whole) });
    const state = await openSafetensors(files, INDEX);
    expect(state.names).toEqual(["weight", "half"]);
    expect(state.info("half")).toEqual({ dtype: "F16", shape: [2] });
    expect([[...(await state.read("weight"))], [...(await state.read("half"))]]).toEqual([[1, 2, 3, 4], [0.5, -2]]);
    expect(() => state.info("count")).toThrow(`model/${INDEX}: expected the name of a tensor in it, received "count". It holds 2 others.`);
    await state.close();
    expect(files.opened.map((source) => source.isClosed())).toEqual([true, true]);
  });

  it.each<[string, Readonly<Record<string, Uint8Array | string>>, string]>([
    ["no index", shards, "expected an index of shards, received no such file."],
    ["an index that is no JSON", { ...shards, [INDEX]: "{" }, "expected JSON, received "],
    ["an index without a map", { ...shards, [INDEX]: "{}" }, 'expected an object "weight_map", received none.'],
    ["a shard that is missing", { [whole.half]: shards[whole.half]!, [INDEX]: index(whole) }, `expected all 2 shards beside it, received no ${whole.weight}. Download the missing shards`],
    ["a tensor that its shard lacks", { ...shards, [INDEX]: index({ ...whole, lost: whole.weight, gone: whole.half }) }, `expected every tensor of the index in its shard, received none of gone (${whole.half}), lost (${whole.weight}).`],
    ["a shard in another folder", { ...shards, [INDEX]: index({ ...whole, a: "../../secret.safetensors" }) }, 'expected the name of a file beside the index, received "../../secret.safetensors".'],
    ["a shard that is no name", { ...shards, [INDEX]: index({ ...whole, a: 3 }) }, "expected the name of a file beside the index, received 3."],
    ["a shard that is cut off", { ...shards, [whole.half]: shards[whole.half]!.subarray(0, 30), [INDEX]: index(whole) }, "expected a whole safetensors file"],
  ])("are refused with %s", async (_, held, message) => {
    const files = folderOf(held);
    await expect(openSafetensors(files, INDEX)).rejects.toThrow(message);
    expect(files.opened.every((source) => source.isClosed())).toBe(true);
  });
});

describe("files on disk", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "ssl-vit-weights-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("of 6 GB are read as fast as small ones", async () => {
    const layout = layOutSafetensors({ first: { dtype: "F32", shape: [3 << 29] }, last: { dtype: "F16", shape: [4] } });
    const file = await openFile(join(folder, "model.safetensors"), "w");
    await file.write(layout.start);
    await file.write(Uint8Array.of(0, 0x3c, 0, 0x40, 0, 0x42, 0, 0x44), 0, 8, layout.byteLength - 8);
    await file.close();
    const before = process.memoryUsage().arrayBuffers;
    const state = await openStateDict(folder);
    expect(state.info("first").shape).toEqual([3 << 29]);
    expect([...(await state.read("last"))]).toEqual([1, 2, 3, 4]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 20);
    await state.close();
  });

  it.skipIf(sharedPath("golden/models/hf-vit") === undefined)("of transformers are read", async () => {
    const state = await openStateDict(sharedPath("golden/models/hf-vit")!);
    expect(state.info("embeddings.cls_token").shape).toHaveLength(3);
    expect(await state.read("embeddings.cls_token")).toHaveLength(state.info("embeddings.cls_token").shape[2]!);
    await state.close();
  });

  it("cannot be read after they are closed", async () => {
    const state = await openStateDict(folder);
    await state.close();
    await expect(state.read("last")).rejects.toThrow("model.safetensors: expected a readable file, received EBADF.");
  });

  it("that shrink meanwhile are refused", async () => {
    const source = (await filesIn(folder).open("model.safetensors"))!;
    await expect(source.read(source.length - 4, source.length + 4)).rejects.toThrow(`expected at least ${source.length + 4} bytes, received ${source.length}. The file is cut off`);
    await source.close();
  });
});
