import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openTorchFile } from "../src/index.js";
import { bytesSource } from "./bytes-source.js";
import { membersOf, pickle, storage, tensor, torchLegacy, torchZip, zip } from "./pickle-bytes.js";

const golden = JSON.parse(readFileSync(new URL("golden/torch-files.json", import.meta.url), "utf8")) as { readonly cases: readonly { readonly name: string; readonly file: string }[] };
const fileOf = (name: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(golden.cases.find((one) => one.name === name)!.file, "base64"));

const clear = /^\[@ssl-vit\/weights\] .+: expected .+, received .+\. \S.+\.$/s;

/** All tensors of a file, or the message of the refusal. Anything else fails. */
async function readAll(bytes: Uint8Array): Promise<string | Record<string, number[]>> {
  const source = bytesSource(bytes);
  try {
    const state = await openTorchFile(source);
    const tensors: Record<string, number[]> = {};
    for (const name of state.names) tensors[name] = [...(await state.read(name))];
    return tensors;
  } catch (error) {
    expect((error as Error).name).toBe("ConfigError");
    expect((error as Error).message).toMatch(clear);
    return (error as Error).message;
  }
}

describe("damaged files of torch.save", () => {
  const flips = (bytes: Uint8Array) => fc.array(fc.nat({ max: bytes.length * 8 - 1 }), { minLength: 1, maxLength: 3 });
  const flipped = (bytes: Uint8Array, bits: readonly number[]): Uint8Array => {
    const damaged = Uint8Array.from(bytes);
    for (const bit of bits) damaged[bit >> 3]! ^= 1 << (bit & 7);
    return damaged;
  };

  it.each(["a module's state dict", "protocol 4"])("are refused or the same, never other values: %s", async (name) => {
    const bytes = fileOf(name);
    const whole = await readAll(bytes);
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(flips(bytes), async (bits) => {
        const received = await readAll(flipped(bytes, bits));
        if (typeof received === "string") refused++;
        else expect(received).toEqual(whole);
      }),
      { numRuns: 1000 },
    );
    expect(refused).toBeGreaterThan(100);
  });

  // These have no checksums: a flipped bit of a value is another value.
  it.each(["a module's state dict, before 1.6", "views, before 1.6", "views"])("are refused or read, and nothing else: %s", async (name) => {
    const bytes = fileOf(name);
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(flips(bytes), async (bits) => {
        if (typeof (await readAll(flipped(bytes, bits))) === "string") refused++;
      }),
      { numRuns: 1000 },
    );
    expect(refused).toBeGreaterThan(100);
  });

  it.each(["a module's state dict", "a module's state dict, before 1.6"])("are refused when they are cut off anywhere: %s", async (name) => {
    const bytes = fileOf(name);
    for (let length = 0; length < bytes.length; length += 7) expect(await readAll(bytes.subarray(0, length)), String(length)).toMatch(clear);
  });

  it("are refused with more behind them", async () => {
    const bytes = fileOf("a module's state dict, before 1.6");
    expect(await readAll(Uint8Array.from([...bytes, 0]))).toMatch(`weights.pth: expected ${bytes.length} bytes, received ${bytes.length + 1}.`);
  });
});

describe("archives", () => {
  const values = Float32Array.of(1, 2, 3, 4, 5, 6);
  const weight = tensor(storage("0", 6), [2, 3], [3, 1]);
  const state = pickle.whole(pickle.dictionary([pickle.text("weight"), weight]));

  it("of 64-bit numbers are read as others are", async () => {
    const expected = { weight: [1, 2, 3, 4, 5, 6] };
    expect(await readAll(torchZip(state, { 0: values }))).toEqual(expected);
    expect(await readAll(zip(membersOf(state, { 0: values }), { wide: true, gap: 5 }))).toEqual(expected);
  });

  const replaced = (name: string, change: object) => membersOf(state, { 0: values }).map((member) => (member.name === name ? { ...member, ...change } : member));

  it.each<[string, Uint8Array, string]>([
    ["without a pickle", zip([{ name: "a/b", bytes: state }]), 'weights.pth: expected a member "data.pkl", received 1 others.'],
    ["without members", zip([]), "expected a file of torch.save, received another file."],
    ["whose pickle is cut off", torchZip(state.subarray(0, 40), { 0: values }), "weights.pth, data.pkl: expected a whole pickle, received its first 40 bytes."],
    ["with another checksum", zip(replaced("archive/data/0", { crc32: 7 })), 'weights.pth, member "archive/data/0": expected content with the CRC-32 00000007, received '],
    ["with deflated values", zip(replaced("archive/data/0", { method: 8 })), 'member "archive/data/0": expected bytes stored as they are, as torch.save does, received compressed or encrypted ones.'],
    ["without a storage", torchZip(state), 'weights.pth: expected a member "archive/data/0", received none.'],
    ["with a smaller storage", torchZip(state, { 0: values.slice(0, 5) }), 'member "archive/data/0": expected 24 bytes, received 20.'],
    ["with a member twice", zip([...membersOf(state, { 0: values }), { name: "archive/data/0", bytes: state }]), 'expected every member once, received "archive/data/0" twice.'],
    ["of a big-endian machine", torchZip(state, { 0: values }, [{ name: "archive/byteorder", bytes: Buffer.from("big") }]), "expected little-endian values, received big-endian ones."],
    ["that are none", Buffer.from("<!doctype html>"), "weights.pth: expected a file of torch.save, received another file."],
    ["that are empty", new Uint8Array(0), "weights.pth: expected a file of torch.save, received an empty file."],
  ])("%s are refused", async (_, bytes, message) => {
    expect(await readAll(bytes)).toContain(message);
  });

  it("read no more than what is asked for", async () => {
    const large = new Float32Array(1 << 17);
    const bytes = torchZip(pickle.whole(pickle.dictionary([pickle.text("small"), weight], [pickle.text("row"), tensor(storage("1", large.length), [4], [1], 500)])), { 0: values }, [
      { name: "archive/data/1", bytes: new Uint8Array(large.buffer) },
    ]);
    const source = bytesSource(bytes);
    const open = await openTorchFile(source);
    const afterOpening = source.bytesRead();
    expect(afterOpening).toBeLessThan(70_000);
    await open.read("row");
    expect(source.bytesRead() - afterOpening).toBe(30 + 16);
    await open.read("row");
    await open.read("small");
    expect(source.bytesRead() - afterOpening).toBe(30 + 16 + 16 + 30 + 24);
  });

  it.each<[string, readonly (readonly [string, object])[], string]>([
    ["itself", [["weight", weight], ["epoch", pickle.int(3)]], "weight"],
    ["in model", [["model", pickle.dictionary([pickle.text("a"), weight])], ["optimizer", pickle.dictionary([pickle.text("lr"), pickle.int(1)])]], "a"],
    ["in state_dict, beside a tensor", [["epoch", weight], ["state_dict", pickle.dictionary([pickle.text("a"), weight], [pickle.text("b"), weight])]], "a,b"],
    ["in the teacher, not the student", [["student", pickle.dictionary([pickle.text("a"), weight])], ["teacher", pickle.dictionary([pickle.text("b"), weight])]], "b"],
    ["in target_encoder, not encoder", [["encoder", pickle.dictionary([pickle.text("a"), weight])], ["target_encoder", pickle.dictionary([pickle.text("b"), weight])]], "b"],
    ["in the one dictionary that has tensors", [["a", pickle.dictionary([pickle.text("b"), pickle.dictionary([pickle.text("c"), weight])])]], "c"],
    ["not under numbers", [["state", pickle.dictionary([pickle.int(0), pickle.dictionary([pickle.text("c"), weight])])], ["x", pickle.dictionary([pickle.text("d"), weight])]], "d"],
  ])("have their weights %s", async (_, pairs, names) => {
    const value = pickle.dictionary(...pairs.map(([key, part]) => [pickle.text(key), part as readonly number[]] as const));
    const open = await openTorchFile(bytesSource(torchZip(pickle.whole(value), { 0: values })));
    expect(open.names.join()).toBe(names);
    expect([...(await open.read(open.names[0]!))]).toEqual([...values]);
  });

  it("with several state dicts are refused with a list of them", async () => {
    const part = pickle.dictionary([pickle.text("a"), weight]);
    const bytes = torchZip(pickle.whole(pickle.dictionary([pickle.text("left"), part], [pickle.text("right"), pickle.dictionary([pickle.text("deep"), part])])), { 0: values });
    expect(await readAll(bytes)).toContain('expected one state dict, received "left" (1 tensors), "right.deep" (1 tensors). Say which by inside.');
    const open = await openTorchFile(bytesSource(bytes), { inside: "right.deep" });
    expect(open.names).toEqual(["a"]);
  });
});

describe("files from before PyTorch 1.6", () => {
  const values = Float32Array.of(1, 2, 3, 4, 5, 6);
  const weight = tensor(storage("a", 6), [3, 2], [1, 3]);
  const state = pickle.whole(pickle.dictionary([pickle.text("weight"), weight]));

  it("are read, whatever the length of their pickles", async () => {
    expect(await readAll(torchLegacy(state, { a: values }))).toEqual({ weight: [1, 4, 2, 5, 3, 6] });
    const long = pickle.whole(pickle.dictionary([pickle.text("weight"), weight], [pickle.text("notes"), pickle.text("x".repeat(300_000))]));
    expect(await readAll(torchLegacy(long, { a: values }))).toEqual({ weight: [1, 4, 2, 5, 3, 6] });
  });

  it("read no more than what is asked for", async () => {
    const large = new Float32Array(1 << 20).fill(7);
    const both = pickle.whole(pickle.dictionary([pickle.text("row"), tensor(storage("b", large.length), [4], [2], 500)], [pickle.text("weight"), weight]));
    const source = bytesSource(torchLegacy(both, { a: values, b: large }));
    const open = await openTorchFile(source);
    const afterOpening = source.bytesRead();
    expect(afterOpening).toBeLessThan(70_000);
    expect([...(await open.read("row"))]).toEqual([7, 7, 7, 7]);
    expect(source.bytesRead() - afterOpening).toBe(8 + 7 * 4);
  });

  it.each<[string, Uint8Array, string]>([
    ["that are another pickle", state, "weights.pth: expected a file of torch.save, received another pickle."],
    ["with another number at the front", torchLegacy(state, { a: values }, { magic: "8a0a6cfc9c46f9206aa85018" }), "expected a file of torch.save, received another pickle."],
    ["of another version", torchLegacy(state, { a: values }, { version: 1002 }), "weights.pth: expected version 1001, received 1002."],
    ["of a big-endian machine", torchLegacy(state, { a: values }, { isLittleEndian: false }), "expected little-endian values, received others."],
    ["with another count of values", torchLegacy(state, { a: values }, { more: 1 }), "weights.pth, storage a: expected 6 elements, received 7."],
    ["without a tensor's values", torchLegacy(state, {}), "weights.pth: expected the values of storage a, received others."],
    ["with values of no tensor", torchLegacy(state, { a: values, c: values }), 'weights.pth: expected every storage of the tensors once, received one called "c".'],
    ["with fewer values", torchLegacy(state, { a: values }).subarray(0, -1), "bytes, received "],
  ])("%s are refused", async (_, bytes, message) => {
    expect(await readAll(bytes)).toContain(message);
  });
});
