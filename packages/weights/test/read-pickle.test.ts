import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readPickle } from "../src/read-pickle.js";
import type { PickleValue } from "../src/pickle-value.js";
import { type Emitted, pickle, storage, tensor } from "./pickle-bytes.js";

const { call, dictionary, int, list, mark, name, none, text, tuple, whole } = pickle;
const read = (bytes: Uint8Array): PickleValue => {
  const found = readPickle(bytes, "weights.pth, data.pkl");
  if (found === undefined) throw new Error("cut off");
  return found.value;
};
/** Hexadecimal instructions between PROTO 2 and STOP. */
const raw = (hex: string): Emitted => [...Buffer.from(hex.replaceAll(" ", ""), "hex")];

describe("readPickle", () => {
  it.each<[string, Emitted, PickleValue]>([
    ["None, True, False", tuple(none, raw("88"), raw("89")), [null, true, false]],
    ["integers", tuple(int(-5), raw("4b ff"), raw("4d ffff"), raw("8a 00"), raw("8a 02 00ff"), raw("8b 01000000 80")), [-5, 255, 65535, 0, -256, -128]],
    ["integers beyond 2^53", raw("8a 09 000000000000000001"), 2n ** 64n],
    ["floats", raw("47 3ff8000000000000"), 1.5],
    ["texts", tuple(text("ü"), raw("8c 01 61"), raw("8d 0100000000000000 62"), raw("54 01000000 63"), raw("55 01 64")), ["ü", "a", "b", "c", "d"]],
    ["bytes", tuple(raw("42 01000000 ff"), raw("43 01 fe"), raw("8e 0100000000000000 fd")), [Uint8Array.of(255), Uint8Array.of(254), Uint8Array.of(253)]],
    ["tuples", list(raw("29"), raw("4b01 85"), raw("4b01 4b02 86"), raw("4b01 4b02 4b03 87")), [[], [1], [1, 2], [1, 2, 3]]],
    ["lists", raw("5d 4b01 61 28 4b02 4b03 65"), [1, 2, 3]],
    ["sets", tuple(raw("8f 28 4b01 90"), raw("28 4b02 91")), [[1], [2]]],
    ["dictionaries", raw("7d 4b01 4b02 73 28 4b03 4b04 75"), new Map([[1, 2], [3, 4]])],
    ["dictionaries with odd keys", dictionary([text("__proto__"), int(1)], [none, int(2)]), new Map<PickleValue, PickleValue>([["__proto__", 1], [null, 2]])],
    ["values kept and taken again", raw("28 4e 71 00 68 00 5d 72 05000000 6a 05000000 5d 94 68 02 74"), [null, null, [], [], [], []]],
    ["frames", raw("95 0100000000000000 4e"), null],
    ["an OrderedDict", call(name("collections", "OrderedDict"), list(tuple(text("a"), int(1)))), new Map([["a", 1]])],
    ["its attributes, left out", [...call(name("collections", "OrderedDict")), ...dictionary([text("_metadata"), none]), 0x62], new Map()],
    ["a name on the stack", tuple([...text("torch"), ...text("bool"), 0x93]), [{ kind: "element type", dtype: "BOOL", isLittleEndian: true }]],
    ["options of a run", [...name("argparse", "Namespace"), 0x29, 0x81, ...dictionary([text("lr"), int(3)]), 0x62], { kind: "namespace", attributes: new Map([["lr", 3]]) }],
    ["bytes of protocol 2", call(name("_codecs", "encode"), text("a\u00ff\0"), text("latin1")), Uint8Array.of(0x61, 0xff, 0)],
    ["a path", call(name("pathlib", "PosixPath"), text("/"), text("a"), text("b")), "/a/b"],
    ["a device", call(name("torch", "device"), text("cuda"), int(1)), "cuda:1"],
    ["a NumPy number, big-endian", call(name("numpy.core.multiarray", "scalar"), [...call(name("numpy", "dtype"), text("i2"), raw("89"), raw("88")), ...tuple(int(3), text(">"), none), 0x62], raw("43 02 0102")), 258],
  ])("reads %s", (_, emitted, value) => {
    expect(read(whole(emitted))).toEqual(value);
  });

  it("reads a tensor as where its values are", () => {
    const held = { kind: "storage", key: "0", dtype: "F32", byteLength: 24 };
    const found = readPickle(whole(tensor(storage("0", 6), [2, 2], [3, 1], 1)), "")!;
    expect(found.value).toEqual({ kind: "tensor", storage: held, dtype: "F32", shape: [2, 2], strides: [3, 1], offset: 1 });
    expect(found.storages).toEqual(new Map([["0", held]]));
  });

  it("says how long a pickle is", () => {
    expect(readPickle(Uint8Array.of(...whole(none), 1, 2, 3), "")).toMatchObject({ length: 4, value: null });
  });

  it("keeps what values share as one, however often", () => {
    // Ten lists, each of the list before it ten times: 10^10 leaves in Python's eyes.
    let emitted: number[] = [...raw("5d 71 00")];
    for (let i = 0; i < 10; i++) emitted = [...emitted, 0x5d, 0x28, ...Array.from({ length: 10 }, () => [0x68, i]).flat(), 0x65, 0x71, i + 1];
    emitted = [...raw("28"), ...emitted, 0x74];
    expect((read(whole(emitted)) as PickleValue[]).length).toBe(11);
  });

  it("reads values that hold themselves", () => {
    const value = read(whole(raw("5d 71 00 68 00 61"))) as PickleValue[];
    expect(value[0]).toBe(value);
  });

  it("is not undone by depth", () => {
    expect(read(whole(raw("5d".repeat(100_000)), raw("61".repeat(99_999))))).toHaveLength(1);
  });
});

describe("readPickle refuses", () => {
  const system = name("posix", "system");

  it.each<[string, Emitted, string]>([
    ["os.system", call(name("os", "system"), text("id")), "byte 2: expected tensors and plain data, received os.system. A pickle is a program"],
    ["posix.system", call(system, text("id")), "received posix.system."],
    ["builtins.eval", call(name("builtins", "eval"), text("1")), "received builtins.eval."],
    ["builtins.getattr", call(name("__builtin__", "getattr"), text("a")), "received __builtin__.getattr."],
    ["a call inside of a call", call(name("collections", "OrderedDict"), call(name("subprocess", "Popen"), text("id"))), "received subprocess.Popen."],
    ["a name on the stack", [...text("os"), ...text("system"), 0x93], "received os.system."],
    ["a name with dots", [...text("collections"), ...text("OrderedDict.__class__.__base__"), 0x93], "received collections.OrderedDict.__class__.__base__."],
    ["a module with a name in it", [...text("collections.OrderedDict"), ...text("fromkeys"), 0x93], "received collections.OrderedDict.fromkeys."],
    ["a name of numbers", [...int(1), ...int(2), 0x93], "expected the name of a type, received 2."],
    ["a very long name", name("x".repeat(200), "y"), `received ${"x".repeat(80)}….`],
    ["a module of TorchScript", name("__torch__.torch.nn.modules.linear", "Linear"), "received __torch__.torch.nn.modules.linear.Linear."],
    ["a call of data", call(text("print"), int(1)), 'expected a call of what tensors and plain data need, received "print".'],
    ["a call of an element type", call(name("torch", "float32"), int(1)), "received an element type."],
    ["a call of a storage's type", call(name("torch", "FloatStorage"), int(1)), "received torch.FloatStorage."],
    ["arguments that are none", [...name("collections", "OrderedDict"), ...none, 0x52], "expected arguments, received None."],
    ["a state for what has none", [...name("torch", "Size"), ...dictionary(), 0x62], "expected the state of plain data, received one for torch.Size."],
    ["a state that is none", [...call(name("argparse", "Namespace")), ...list(), 0x62], "expected the state of plain data, received one for a namespace."],
    ["INST", raw("28 69"), "expected instructions of tensors and plain data, received INST."],
    ["OBJ", raw("28 6f"), "received OBJ."],
    ["EXT1", raw("82 01"), "received EXT1."],
    ["PERSID", raw("50 30 0a"), "received PERSID."],
    ["NEWOBJ_EX", raw("4e 4e 4e 92"), "received NEWOBJ_EX."],
    ["POP", raw("4e 30"), "received POP."],
    ["no instruction", raw("ff"), "received byte 0xff."],
    ["a later protocol", raw("80 06"), "expected a protocol of up to 5, received 6."],
    ["another persistent id", pickle.persistent(tuple(text("module"), none)), "expected a storage, received another persistent id."],
    ["a storage of another type", pickle.persistent(tuple(text("storage"), name("torch", "Size"), text("0"), text("cpu"), int(1))), "expected the type of a storage, received torch.Size."],
    ["a part of a storage", pickle.persistent(tuple(text("storage"), name("torch", "FloatStorage"), text("0"), text("cpu"), int(1), tuple(text("1"), int(0), int(1)))), "expected a whole storage"],
    ["a storage of -1 elements", storage("0", -1), "expected a count of elements, received -1."],
    ["a tensor of no storage", tensor(none, [1], [1]), "expected a storage for torch._utils._rebuild_tensor_v2, received None."],
    ["a tensor beyond its storage", tensor(storage("0", 6), [2, 3], [3, 1], 1), "expected a view into the 6 elements of its storage for torch._utils._rebuild_tensor_v2, received one up to element 7."],
    ["a tensor before its storage", tensor(storage("0", 6), [2], [1], -1), "expected an offset of at least 0"],
    ["negative strides", tensor(storage("0", 6), [2], [-1]), "expected 1 strides of at least 0"],
    ["fewer strides than sizes", tensor(storage("0", 6), [2, 3], [1]), "expected 2 strides of at least 0"],
    ["sizes without end", tensor(storage("0", 6), [2 ** 30, 2 ** 30], [0, 0]), "elements for torch._utils._rebuild_tensor_v2, received [1073741824, 1073741824]."],
    ["more axes than PyTorch has", tensor(storage("0", 6), new Array<number>(65).fill(1), new Array<number>(65).fill(1)), "expected up to 64 sizes of at least 0"],
    ["an integer of 10^6 digits", raw("8b ffff0f00"), "expected an integer of up to 64 bytes, received 1048575."],
    ["texts that are none", raw("58 01000000 ff"), "expected a text in UTF-8, received other bytes."],
    ["an empty stack", raw("85"), "expected a value, received an empty stack."],
    ["no mark", raw("74"), "expected a mark, received none."],
    ["a mark left over", [...mark, ...none], "expected one value at the end, received 1, and 1 marks."],
    ["values left over", [...none, ...none], "expected one value at the end, received 2, and 0 marks."],
    ["values kept nowhere", raw("68 07"), "expected a value kept earlier, received none under 7."],
    ["a value for no dictionary", raw("5d 4e 4e 73"), "expected a dictionary to set values of, received 0 values."],
    ["a key without value", raw("7d 28 4e 75"), "expected keys with values, received a key without one."],
    ["an append to no list", raw("7d 4e 61"), "expected a list to append to, received a dictionary of 0."],
    ["bytes of other characters than Latin-1", call(name("_codecs", "encode"), text("aλ"), text("latin1")), "expected a text in Latin-1 for _codecs.encode, received other characters."],
    ["a NumPy object", call(name("numpy", "dtype"), text("O8")), "expected a type of numbers for numpy.dtype, received O8."],
  ])("%s", (_, emitted, message) => {
    expect(() => read(whole(emitted))).toThrow(/^\[@ssl-vit\/weights\] weights\.pth, data\.pkl, byte \d+: expected /);
    expect(() => read(whole(emitted))).toThrow(message);
  });

  it("instructions without end", () => {
    const bytes = new Uint8Array(3_000_000).fill(0x5d);
    expect(() => read(bytes)).toThrow("expected at most 2000000 instructions, received more.");
  });

  /** Takes what is kept under 0. */
  const kept = raw("68 00");
  const keep = raw("71 00");
  const wide = (count: number): Emitted => [...list(...Array.from({ length: count }, () => none)), ...keep];
  it.each<[string, Emitted]>([
    ["paths of paths", [...text("aaaa"), ...keep, ...Array.from({ length: 40 }, () => [...call(name("pathlib", "PosixPath"), kept, kept), ...keep]).flat()]],
    ["one path of the same many times", [...text("a".repeat(4000)), ...keep, ...call(name("pathlib", "PosixPath"), ...Array.from({ length: 20_000 }, () => kept))]],
    ["bytes of a text", [...text("a".repeat(100_000)), ...keep, ...Array.from({ length: 40 }, () => call(name("_codecs", "encode"), kept, text("latin1"))).flat()]],
    ["sizes", [...wide(20_000), ...Array.from({ length: 40 }, () => call(name("torch", "Size"), kept)).flat()]],
    ["dictionaries", [...list(...Array.from({ length: 5000 }, () => tuple(int(1), none))), ...keep, ...Array.from({ length: 200 }, () => call(name("collections", "OrderedDict"), kept)).flat()]],
    ["options of runs", [...dictionary(...Array.from({ length: 10_000 }, (_, index): [Emitted, Emitted] => [int(index), none])), ...keep, ...Array.from({ length: 40 }, () => [...call(name("argparse", "Namespace")), ...kept, 0x62]).flat()]],
  ])("%s without end, before memory is taken for them", (_, emitted) => {
    const bytes = whole([...mark, ...emitted, ...raw("74")]);
    expect(() => read(bytes)).toThrow(/^\[@ssl-vit\/weights\] weights\.pth, data\.pkl, byte \d+: expected calls that put together at most \d+ bytes, received more\. A pickle is a program/);
  });

  it("not what a real checkpoint has many of: paths in one folder, shapes, options", () => {
    const folder = text("/home/user/data/images/train");
    const parts = Array.from({ length: 20_000 }, (_, index) => [call(name("pathlib", "PosixPath"), kept, text(`${index}.jpeg`)), call(name("torch", "Size"), tuple(int(3), int(224), int(224)))]).flat();
    expect(read(whole([...mark, ...folder, ...keep, ...list(...parts), ...raw("74")]))).toHaveLength(2);
  });

  it("lengths without end, without taking memory for them", () => {
    for (const hex of ["58 ffffffff", "8d ffffffffffffff7f", "8e ffffffffffffffff", "42 ffffffff", "95 ffffffffffffffff"]) expect(readPickle(Uint8Array.of(0x80, 2, ...raw(hex)), "")).toBeUndefined();
  });

  it("nothing, but waits for more, when cut off anywhere", () => {
    const bytes = whole(dictionary([text("weight"), tensor(storage("0", 6), [6], [1])], [text("epoch"), int(3)]));
    for (let length = 0; length < bytes.length; length++) expect(readPickle(bytes.subarray(0, length), "")).toBeUndefined();
  });

  it("any bytes with a clear message, or reads them", () => {
    const codes = [0x28, 0x2e, 0x4e, 0x4b, 0x5d, 0x7d, 0x29, 0x74, 0x75, 0x65, 0x61, 0x73, 0x85, 0x86, 0x87, 0x71, 0x68, 0x94, 0x52, 0x81, 0x62, 0x51, 0x63, 0x93, 0x8c, 0x58];
    const part = fc.oneof(
      fc.constantFrom(...codes).map((code) => [code]),
      fc.nat({ max: 255 }).map((byte) => [byte]),
      fc.constantFrom(tensor(storage("0", 6), [6], [1]), name("collections", "OrderedDict"), name("os", "system"), name("torch", "Size"), text("a")).map((emitted) => [...emitted]),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
        try {
          readPickle(Uint8Array.from(parts.flat()), "weights.pth");
        } catch (error) {
          expect((error as Error).message).toMatch(/^\[@ssl-vit\/weights\] weights\.pth, byte \d+: expected .+, received .+\./s);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
