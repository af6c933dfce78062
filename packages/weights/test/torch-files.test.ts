import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { openTorchFile } from "../src/index.js";
import { bytesSource } from "./bytes-source.js";

interface Held {
  readonly shape: readonly number[];
  readonly values: string;
}

/** Files that torch.save wrote, and what torch.load finds in them: benchmarks/reference/torch_files.py. */
const golden = JSON.parse(readFileSync(new URL("golden/torch-files.json", import.meta.url), "utf8")) as {
  readonly cases: readonly { readonly name: string; readonly file: string; readonly inside?: string; readonly tensors: Readonly<Record<string, Held>> }[];
  readonly refused: Readonly<Record<string, string>>;
};
const bytesOf = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(text, "base64"));
const fileOf = (name: string): Uint8Array<ArrayBuffer> => bytesOf(golden.cases.find((one) => one.name === name)!.file);

describe("files of torch.save", () => {
  it.each(golden.cases)("are read as torch.load reads them: $name", async ({ file, inside, tensors }) => {
    const source = bytesSource(bytesOf(file));
    const state = await openTorchFile(source, inside === undefined ? {} : { inside });
    expect(state.names).toEqual(Object.keys(tensors));
    for (const [name, { shape, values }] of Object.entries(tensors)) {
      expect(state.info(name).shape).toEqual(shape);
      expect(await state.read(name), name).toEqual(new Float32Array(bytesOf(values).buffer));
    }
    expect(source.isClosed()).toBe(false);
    await state.close();
    expect(source.isClosed()).toBe(true);
  });

  it("say how they hold each tensor", async () => {
    const { info } = await openTorchFile(bytesSource(fileOf("every type")));
    const types = ["float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool"].map((name) => info(name).dtype);
    expect(types).toEqual(["F32", "F64", "F16", "BF16", "I64", "I32", "I16", "I8", "U8", "BOOL"]);
    const later = await openTorchFile(bytesSource(fileOf("types that came later")));
    expect(["uint16", "uint32", "e4m3", "e5m2"].map((name) => later.info(name).dtype)).toEqual(["U16", "U32", "F8_E4M3", "F8_E5M2"]);
  });

  it("give the teacher of a checkpoint, unless another part is asked for", async () => {
    const file = fileOf("a checkpoint");
    const [usual, teacher, student] = await Promise.all([undefined, "teacher", "student"].map((inside) => openTorchFile(bytesSource(file), inside === undefined ? {} : { inside })));
    expect(await usual!.read("0.weight")).toEqual(await teacher!.read("0.weight"));
    expect(teacher!.names).toEqual(student!.names.map((name) => name.replace("module.", "")));
    const center = await openTorchFile(bytesSource(file), { inside: "dino_loss" });
    expect(center.names).toEqual(["center"]);
  });

  it("refuse a part that is not there, with a list of those that are", async () => {
    const source = bytesSource(fileOf("a checkpoint"));
    await expect(openTorchFile(source, { inside: "encoder" })).rejects.toThrow('weights.pth, inside: expected "student" (7 tensors), "teacher" (7 tensors), "dino_loss" (1 tensors), received "encoder".');
    expect(source.isClosed()).toBe(true);
  });

  it("refuse the name of a tensor that is not there", async () => {
    const state = await openTorchFile(bytesSource(fileOf("views")));
    expect(() => state.info("toString")).toThrow('weights.pth: expected the name of a tensor in it, received "toString".');
    await expect(state.read("toString")).rejects.toThrow('received "toString"');
  });

  it.each(Object.entries({
    "a module": "data.pkl, byte 2: expected tensors and plain data, received torch.nn.modules.container.Sequential.",
    "a call": "received __builtin__.print. A pickle is a program, and Python runs it; this reader runs none.",
    "a call, before 1.6": "what was saved, byte 181: expected tensors and plain data, received __builtin__.print.",
    "complex numbers": "received torch.ComplexFloatStorage.",
    "a sparse tensor": "received torch._utils._rebuild_sparse_tensor.",
    "a conjugated view": "received torch.ComplexFloatStorage.",
    "a NumPy array": "received numpy._core.multiarray._reconstruct.",
    "no names": "weights.pth: expected tensors by name, received 1 values. Save a state dict",
    "one tensor": "weights.pth: expected tensors by name, received a tensor.",
  }))("are refused by name where they hold more than weights: %s", async (name, message) => {
    const print = vi.spyOn(console, "log");
    const source = bytesSource(bytesOf(golden.refused[name]!));
    await expect(openTorchFile(source)).rejects.toThrow(message);
    expect(source.isClosed()).toBe(true);
    expect(print).not.toHaveBeenCalled();
    print.mockRestore();
  });
});
