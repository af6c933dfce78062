import { ConfigError, createRandom, type Float, ShapeError } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { grad, grads, tensor, type Tensor, zeros } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { dinoCrossEntropy, type DinoCrossEntropyOptions } from "../src/index.js";
import { describeGolden } from "./golden-suite.js";

const options = { studentTemperature: 0.1, teacherTemperature: 0.04 };
const random = createRandom(5);
const scores = (name: string, views: number, scale = 1, batch = 3, prototypes = 4): Float<"V B K"> =>
  tensor(random.derive(name, views).normals(views * batch * prototypes).map((value) => value * scale), [views, batch, prototypes]);

describeGolden("dinoCrossEntropy", ([student, teacher, center], given: DinoCrossEntropyOptions) =>
  dinoCrossEntropy(student as Float<"V B K">, teacher as Float<"V B K">, center as Float<"K">, given),
);

/** The definition, pair by pair, in float64. */
function pairByPair(student: number[][][], teacher: number[][][]): number {
  const logSoftmax = (row: number[], temperature: number): number[] => {
    const highest = Math.max(...row);
    const logSum = Math.log(row.reduce((sum, value) => sum + Math.exp((value - highest) / temperature), 0));
    return row.map((value) => (value - highest) / temperature - logSum);
  };
  const losses = teacher.flatMap((target, t) =>
    student.flatMap((view, s) => {
      if (s === t) return [];
      return view.map((row, image) => {
        const logTargets = logSoftmax(target[image]!, options.teacherTemperature);
        return -logSoftmax(row, options.studentTemperature).reduce((sum, value, k) => sum + Math.exp(logTargets[k]!) * value, 0);
      });
    }),
  );
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

describe("dinoCrossEntropy", () => {
  const center: Float<"K"> = zeros([4]);

  it.each([[2, 2], [4, 3], [6, 1], [2, 3], [1, 2]])("is the mean over pairs of different views: %i views, teacher %i", (views, teacherViews) => {
    const [student, teacher] = [scores("student", views, 0.3), scores("teacher", teacherViews, 0.1)];
    expect(dinoCrossEntropy(student, teacher, center, options)).toBeAllClose([pairByPair(student.arraySync(), teacher.arraySync())]);

    const gradient = grad((x: Tensor) => dinoCrossEntropy(x as Float<"V B K">, teacher, center, options))(student).dataSync();
    const epsilon = 1e-4;
    const values = student.dataSync();
    const shifted = (index: number, by: number): number => {
      const moved: Float<"V B K"> = tensor(values.map((value, at) => value + (at === index ? by : 0)), student.shape);
      return pairByPair(moved.arraySync(), teacher.arraySync());
    };
    for (const index of [0, 5, values.length - 1]) {
      // float32 rounds the shifted score: differences are good to about 1e-3.
      expect(gradient[index]!).toBeAllClose([(shifted(index, epsilon) - shifted(index, -epsilon)) / (2 * epsilon)], { relative: 2e-3, absolute: 1e-3 });
    }
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
