import { expandDims, memory, mul, scalar, tensor2d } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { type DiagnosticSignals, disposeSignals, type Float, tidySignals } from "../src/index.js";

const rows = (): Float<"B D"> => tensor2d([[1, 2], [3, 4]]);

/** Every part that there is, computed of tensors that are nobody's. */
const everything = (): DiagnosticSignals =>
  tidySignals(() => {
    const [doubled, student] = [mul<Float<"B D">>(rows(), scalar(2)), { kind: "images", scores: rows(), temperature: Number.NaN, probabilities: rows() } as const];
    return {
      embeddings: [doubled, rows()],
      targets: [rows()],
      student,
      teacher: { ...student, probabilities: rows() },
      patches: { of: "pixels", prediction: expandDims<Float<"B P D">>(rows(), 2), target: expandDims<Float<"B P D">>(rows(), 2), mask: rows() },
      uninformedLoss: (images) => Math.log(images),
    };
  });

describe("tidySignals and disposeSignals", () => {
  it("keep what is shown, numbers and functions too, and free the rest; then free what was shown", () => {
    const before = memory().numTensors;
    const signals = everything();
    // Student and teacher share their scores.
    expect(memory().numTensors - before).toBe(3 + 2 + 1 + 3);
    expect([...signals.embeddings![0]!.dataSync()]).toEqual([2, 4, 6, 8]);
    expect(signals.student!.temperature).toBeNaN();
    expect(signals.uninformedLoss!(8)).toBe(Math.log(8));
    disposeSignals(signals);
    expect(memory().numTensors).toBe(before);
    disposeSignals({});
  });
});
