import { ConfigError, createRandom, type Float, ShapeError } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { div, grad, grads, softmax, sub, tensor, tensor1d, type Tensor, zeros } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { dinoCrossEntropy, type DinoCrossEntropyOptions, viewCrossEntropy } from "../src/index.js";
import { describeGolden } from "./golden-suite.js";

const options = { studentTemperature: 0.1, teacherTemperature: 0.04 };
const random = createRandom(5);
const scores = (name: string, views: number, scale = 1, batch = 3, prototypes = 4): Float<"V B K"> =>
  tensor(random.derive(name, views).normals(views * batch * prototypes).map((value) => value * scale), [views, batch, prototypes]);

describeGolden("dinoCrossEntropy", ([student, teacher, center], given: DinoCrossEntropyOptions) =>
  dinoCrossEntropy(student as Float<"V B K">, teacher as Float<"V B K">, center as Float<"K">, given),
);

describe("dinoCrossEntropy", () => {
  const center: Float<"K"> = zeros([4]);

  it("is the cross-entropy of different views with the centred and sharpened scores of the teacher", () => {
    const [student, teacher, shift] = [scores("student", 4, 0.3), scores("teacher", 2, 0.1), tensor1d([0.1, 0, -0.2, 0.05])];
    const targets: Float<"V B K"> = softmax(div(sub(teacher, shift), options.teacherTemperature));
    expect(dinoCrossEntropy(student, teacher, shift, options)).toBeAllClose(viewCrossEntropy(student, targets, { temperature: options.studentTemperature }));
  });

  it("is finite where scores are large", () => {
    const [student, teacher] = [scores("student", 3, 1e4), scores("teacher", 2, 1e4)];
    expect(Number.isFinite(dinoCrossEntropy(student, teacher, center, options).dataSync()[0])).toBe(true);
    const gradient = grad((x: Tensor) => dinoCrossEntropy(x as Float<"V B K">, teacher, center, options))(student);
    expect([...gradient.dataSync()].every(Number.isFinite)).toBe(true);
  });

  it("is ln K where the student is uniform", () => {
    const uniform: Float<"V B K"> = zeros([2, 3, 4]);
    expect(dinoCrossEntropy(uniform, scores("teacher", 2), center, options)).toBeAllClose([Math.log(4)]);
  });

  it("gives the teacher no gradient", () => {
    const loss = (student: Tensor, teacher: Tensor): Tensor => dinoCrossEntropy(student as Float<"V B K">, teacher as Float<"V B K">, center, options);
    expect(() => grads(loss)([scores("student", 2), scores("teacher", 2)])).toThrow(/gradient/);
  });

  it("refuses shapes that do not belong together", () => {
    const student = scores("student", 10, 1, 2, 8);
    expect(() => dinoCrossEntropy(student, scores("teacher", 2, 1, 2, 4), zeros([8]), options)).toThrow(
      "[@ssl-vit/losses] teacher: expected shape [-1, 2, 8], received [2, 2, 4]. The teacher and student heads must have the same number of prototypes.",
    );
    expect(() => dinoCrossEntropy(student, scores("teacher", 2, 1, 2, 8), center, options)).toThrow("center: expected shape [8], received [4].");
    expect(() => dinoCrossEntropy(scores("student", 1), scores("teacher", 1), center, options)).toThrow(ShapeError);
    expect(() => dinoCrossEntropy(scores("student", 1), scores("teacher", 1), center, options)).toThrow("student: expected at least 2 views, received [1, 3, 4].");
  });

  it.each(["studentTemperature", "teacherTemperature"])("refuses a %s of 0", (option) => {
    const views = scores("student", 2);
    expect(() => dinoCrossEntropy(views, views, center, { ...options, [option]: 0 })).toThrow(ConfigError);
    expect(() => dinoCrossEntropy(views, views, center, { ...options, [option]: 0 })).toThrow(`${option}: expected a finite number above 0, received 0.`);
  });

  it("leaves no tensor behind, with and without gradients", async () => {
    const [student, teacher] = [scores("student", 3), scores("teacher", 2)];
    const loss = (x: Tensor): Tensor => dinoCrossEntropy(x as Float<"V B K">, teacher, center, options);
    await expectNoLeaks(() => { loss(student).dispose(); });
    await expectNoLeaks(() => { grad(loss)(student).dispose(); });
  });
});
