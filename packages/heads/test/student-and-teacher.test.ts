import { createRandom, type Encoder, type Float, type ForwardContext, singleProcess } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { add, dispose, mul, reshape, square, sum, tensor1d, tensor4d, tidy, type Variable, variable, variableGrads } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { createMlpHead, studentAndTeacher } from "../src/index.js";

const context: ForwardContext = { training: true, random: createRandom(0), collective: singleProcess };

/** Features are the pixels times a weight, which starts as the encoder's number. */
let made = 0;
function encoders(): Encoder {
  const weight = variable(tensor1d([++made]));
  return {
    layout: { hasClsToken: true, embedDim: 2 },
    parameters: { weight },
    buffers: {},
    encodeCls: (images: Float<"B Y X C">) => mul(reshape(images, [images.shape[0], 2]), weight),
  } as unknown as Encoder;
}

const createProjector = (inputDim: number) =>
  createMlpHead(createRandom(made), { dims: [inputDim, 3], hiddenBias: true, hiddenNorm: false, activation: "relu", outputBias: true, outputNorm: "none" });
const pair = studentAndTeacher(encoders, createProjector);
const { student, teacher } = pair;
const [first, second] = [0, 1].map((view) => tensor4d(createRandom(1).derive(view).normals(8), [4, 1, 2, 1]));
const views = [first!, second!] as const;

test("the teacher is another network that starts as the student's copy", () => {
  for (const [name, parameter] of Object.entries(student.parameters)) {
    const twin = teacher.parameters[name]!;
    expect(twin, name).not.toBe(parameter);
    expect(twin, name).toBeAllClose(parameter.dataSync(), { absolute: 0, relative: 0 });
  }
});

test("targets are the teacher's projections, and send no gradient", () => {
  const [targets, projections] = [pair.targetViews(views, context), teacher.projectViews([views], context)];
  for (const [index, target] of targets.entries()) expect(target).toBeAllClose(projections[index]!.dataSync(), { absolute: 0, relative: 0 });
  const all = [...Object.values(student.parameters), ...Object.values(teacher.parameters)] as Variable[];
  const { value, grads } = variableGrads(
    () => tidy(() => sum(square(add(student.projectViews([views], context)[0]!, pair.targetViews(views, context)[1]!)))),
    all,
  );
  const reached = (parameters: typeof student.parameters): boolean[] =>
    Object.values(parameters).map(({ name }) => (grads as Record<string, unknown>)[name] !== undefined && (grads as Record<string, unknown>)[name] !== null);
  expect(reached(student.parameters)).not.toContain(false);
  expect(reached(teacher.parameters)).not.toContain(true);
  dispose([...targets, ...projections, value, ...Object.values(student.parameters).map(({ name }) => grads[name]!)]);
});

test("leaves no tensor behind", async () => {
  await expectNoLeaks(() => { dispose([...pair.targetViews(views, context)]); });
});
