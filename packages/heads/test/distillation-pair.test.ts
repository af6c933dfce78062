import { createRandom, type Encoder } from "@ssl-vit/core";
import { dispose, ones, tensor1d, type Variable, variable } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { createPrototypeHead, distillationPair } from "../src/index.js";

/** Weights of the encoders made so far: no two start equal. */
let made = 0;
function encoders(role: "student" | "teacher"): Encoder {
  return {
    role,
    layout: { embedDim: 3 },
    parameters: { weight: variable(tensor1d([++made])) },
    buffers: { positions: variable(tensor1d([made]), false) },
  } as unknown as Encoder;
}

const widths: number[] = [];
const { student, teacher, buffers } = distillationPair(encoders, (inputDim) => {
  widths.push(inputDim);
  const create = (name: string) => createPrototypeHead(createRandom(made).derive(name), { inputDim, hiddenDim: 4, bottleneckDim: 2, prototypes: 5 });
  return { head: create("cls"), patch_head: create("patches") };
});

test("has a student and a teacher with the names of their parts", () => {
  const heads = (part: string) => [...[0, 1, 2].flatMap((layer) => [`${part}.mlp.${layer}.weight`, `${part}.mlp.${layer}.bias`]), `${part}.last_layer.weight_v`];
  for (const network of [student, teacher]) {
    expect(Object.keys(network.parameters)).toEqual(["encoder.weight", ...heads("head"), ...heads("patch_head")]);
    expect(Object.keys(network.buffers)).toEqual(["encoder.positions", "head.last_layer.weight_g", "patch_head.last_layer.weight_g"]);
    expect(network.parameters["patch_head.mlp.0.bias"]).toBe(network.heads.patch_head.parameters["mlp.0.bias"]);
  }
  expect([student.encoder, teacher.encoder]).toMatchObject([{ role: "student" }, { role: "teacher" }]);
  expect(widths).toEqual([3, 3]);
});

test("starts the teacher as the student's copy, in variables of its own", () => {
  for (const [name, parameter] of Object.entries(student.parameters)) {
    const twin = teacher.parameters[name]!;
    expect(twin, name).not.toBe(parameter);
    expect([...twin.dataSync()], name).toEqual([...parameter.dataSync()]);
  }
});

test("saves all that is not the student's to train", () => {
  const expected: Record<string, Variable> = { ...student.buffers };
  for (const part of [teacher.parameters, teacher.buffers]) for (const [name, value] of Object.entries(part)) expected[`teacher.${name}`] = value;
  expect(buffers).toEqual(expected);
  expect(Object.keys(buffers).some((name) => name in student.parameters)).toBe(false);
});

test("scores by each network's own head", () => {
  const scores = [student, teacher].map(({ heads }) => heads.patch_head.apply(ones([2, 3])));
  expect(scores[0]).toBeAllClose([...scores[1]!.dataSync()], { absolute: 0, relative: 0 });
  dispose(scores);
});
