import { expectNoLeaks } from "@ssl-vit/testing";
import { type Tensor, variable } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { measureGradients } from "../src/measure-gradients.js";
import { measureTeacher, teacherPairs } from "../src/measure-teacher.js";
import { measureUpdates } from "../src/measure-updates.js";
import { partOf } from "../src/part-of.js";
import { asTensor, dotOf, plainRows } from "./plain-numbers.js";

const names = ["encoder.patch_embed.proj.weight", "encoder.patch_embed.proj.bias", "encoder.blocks.0.mlp.fc1.weight", "encoder.cls_token", "head.mlp.0.weight"];
const valuesOf = (seed: string): Record<string, readonly number[]> =>
  Object.fromEntries(names.map((name, index) => [name, plainRows(`${seed} ${name}`, 1, 3 + index)[0]!]));
const tensorsOf = (values: Readonly<Record<string, readonly number[]>>): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(values).map(([name, row]) => [name, asTensor([row])]));
const lengthOf = (...rows: readonly (readonly number[])[]): number => Math.sqrt(rows.reduce((sum, row) => sum + dotOf(row, row), 0));

describe("partOf", () => {
  test.each([
    ["encoder.patch_embed.proj.weight", "patch_embed"],
    ["encoder.blocks.11.attn.qkv.weight", "blocks.11"],
    ["encoder.cls_token", "encoder"],
    ["encoder.norm.bias", "encoder"],
    ["head.last_layer.weight", "head"],
    ["prototypes.weight", "prototypes"],
    ["decoder_blocks.0.norm1.weight", "decoder"],
    ["predictor_embed.weight", "predictor"],
    ["predictor.0.weight", "predictor"],
    ["pixel_decoder.decoder_embed.weight", "pixel_decoder"],
    ["mask_token", "mask_token"],
  ])("%s belongs to %s", (parameter, part) => {
    expect(partOf(parameter)).toBe(part);
  });
});

describe("measureGradients", () => {
  test("has the length of each part's gradient, within 1e-6 of float64", () => {
    const values = valuesOf("gradient");
    const [patch, bias, block, token, head] = names.map((name) => values[name]!);
    const signals = measureGradients(tensorsOf(values));
    expect(Object.keys(signals)).toEqual(["gradientNorm/patch_embed", "gradientNorm/blocks.0", "gradientNorm/encoder", "gradientNorm/head"]);
    const expected = [lengthOf(patch!, bias!), lengthOf(block!), lengthOf(token!), lengthOf(head!)];
    expect(Object.values(signals)).toBeAllClose(expected, { relative: 1e-6, absolute: 0 });
    expect(measureGradients({})).toEqual({});
  });

  test("leaves no tensor behind", async () => {
    const gradients = tensorsOf(valuesOf("gradient"));
    await expectNoLeaks(() => measureGradients(gradients));
  });
});

describe("measureUpdates", () => {
  test("has how far each part moved and all of them, of what may move alone, within 1e-5 of float64", () => {
    const before = valuesOf("before");
    const after = Object.fromEntries(Object.entries(before).map(([name, row]) => [name, row.map((value, index) => Math.fround(value + 1e-3 * (index + 1)))]));
    const moved = Object.fromEntries(names.map((name) => [name, after[name]!.map((value, index) => value - before[name]![index]!)]));
    const active = names.slice(0, 4);
    const [patch, bias, block, token] = active;
    const ratio = (...some: readonly string[]): number => lengthOf(...some.map((name) => moved[name]!)) / lengthOf(...some.map((name) => before[name]!));
    const { [names[4]!]: frozen, ...trained } = tensorsOf(before);
    expect(frozen).toBeDefined();
    const signals = measureUpdates(trained, tensorsOf(after));
    expect(Object.keys(signals)).toEqual(["updateRatio/patch_embed", "updateRatio/blocks.0", "updateRatio/encoder", "updateRatio"]);
    expect(Object.values(signals)).toBeAllClose([ratio(patch!, bias!), ratio(block!), ratio(token!), ratio(...active)], { relative: 1e-5, absolute: 0 });
  });
});

describe("measureTeacher", () => {
  const student = plainRows("student", 1, 40)[0]!;
  const old = student.map((value, index) => Math.fround(value + 0.02 * Math.sin(index)));
  const pairOf = (teacher: readonly number[], trained = student) => [{ teacher: variable(asTensor([teacher])), student: variable(asTensor([trained])) }];
  const averaged = (momentum: number): readonly number[] => old.map((value, index) => momentum * value + (1 - momentum) * student[index]!);

  test.each([0, 0.5, 0.9, 0.99, 0.996, 0.9995, 1])("measures momentum %f within 1e-4", (momentum) => {
    expect(measureTeacher(pairOf(averaged(momentum)), [asTensor([old])])["teacherMomentum"]).toBeAllClose(momentum, { absolute: 1e-4, relative: 0 });
  });

  test("has the distance of teacher and student", () => {
    const expected = lengthOf(old.map((value, index) => value - student[index]!)) / lengthOf(student);
    expect(measureTeacher(pairOf(old), undefined)).toEqual({ teacherDistance: expect.closeTo(expected, 6) as number });
  });

  test("measures no momentum where rounding would tell it", () => {
    const nearly = student.map((value) => Math.fround(value * (1 + 5e-5)));
    expect(measureTeacher(pairOf(nearly), [asTensor([nearly])])).not.toHaveProperty("teacherMomentum");
    expect(measureTeacher(pairOf(student), [asTensor([student])])).toEqual({ teacherDistance: 0 });
    expect(measureTeacher([], [])).toEqual({});
  });

  test("pairs a teacher's parameters with those that are trained, with a prefix or as the encoder's", () => {
    const make = (name: string): [string, ReturnType<typeof variable>] => [name, variable(asTensor([student]))];
    const trainable = Object.fromEntries(["encoder.norm.weight", "head.weight", "predictor.weight"].map(make));
    const buffers = Object.fromEntries(["teacher.encoder.norm.weight", "teacher.head.weight", "teacher.norm.weight", "teacher.head.running_mean", "center"].map(make));
    expect(teacherPairs({ trainable, buffers })).toEqual([
      { teacher: buffers["teacher.encoder.norm.weight"], student: trainable["encoder.norm.weight"] },
      { teacher: buffers["teacher.head.weight"], student: trainable["head.weight"] },
      { teacher: buffers["teacher.norm.weight"], student: trainable["encoder.norm.weight"] },
    ]);
  });
});
