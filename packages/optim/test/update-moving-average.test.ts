import { ConfigError, type ParameterMap } from "@ssl-vit/core";
import { expectNoLeaks, nativeWhereBuilt, testBackends, useBackend } from "@ssl-vit/testing";
import { tensor, variable } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { updateMovingAverage } from "../src/index.js";

const maps = (): { teacher: ParameterMap; student: ParameterMap } => ({
  teacher: { weight: variable(tensor([1, 2])), bias: variable(tensor([10])) },
  student: { weight: variable(tensor([3, -2])), bias: variable(tensor([20])), predictor: variable(tensor([7])) },
});

const native = await nativeWhereBuilt(() => import("@ssl-vit/backend-native"));

describe.each(testBackends("cpu", ...native))("updateMovingAverage on %s", (backend) => {
  useBackend(backend);

  it("moves the teacher towards the student and leaves the student alone", () => {
    const { teacher, student } = maps();
    updateMovingAverage(teacher, student, 0.75);
    expect([...teacher["weight"]!.dataSync(), ...teacher["bias"]!.dataSync()]).toEqual([1.5, 1, 12.5]);
    expect([...student["weight"]!.dataSync()]).toEqual([3, -2]);
  });

  it("is the student at momentum 0 and the old teacher at 1, exactly", () => {
    const { teacher, student } = maps();
    updateMovingAverage(teacher, student, 1);
    expect([...teacher["weight"]!.dataSync()]).toEqual([1, 2]);
    updateMovingAverage(teacher, student, 0);
    expect([...teacher["weight"]!.dataSync()]).toEqual([3, -2]);
  });

  it("refuses a student without one of the teacher's parameters, and then changes nothing", () => {
    const { teacher, student } = maps();
    expect(() => { updateMovingAverage({ ...teacher, norm: variable(tensor([1])) }, student, 0.5); }).toThrow('student: expected a parameter "norm", as the teacher has, received none.');
    expect([...teacher["weight"]!.dataSync()]).toEqual([1, 2]);
  });

  it.each([-0.1, 1.1, NaN])("refuses a momentum of %d", (momentum) => {
    const { teacher, student } = maps();
    expect(() => { updateMovingAverage(teacher, student, momentum); }).toThrow(ConfigError);
  });

  it("leaves no tensor behind", async () => {
    const { teacher, student } = maps();
    await expectNoLeaks(() => { updateMovingAverage(teacher, student, 0.9); });
  });
});
