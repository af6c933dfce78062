import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeSafetensors } from "@ssl-vit/safetensors";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lossCurve, trainedParameters } from "../run-files.js";

let folder = "";
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), "parity-files-")); });
afterEach(() => { rmSync(folder, { recursive: true }); });

const logged = (lines: readonly object[]): void => { writeFileSync(join(folder, "metrics.jsonl"), lines.map((line) => `${JSON.stringify(line)}\n`).join("")); };

test("the loss of each tenth is the mean of its steps; lines of signals alone are no steps", () => {
  logged([{ step: 0, signals: {} }, ...Array.from({ length: 25 }, (_, step) => ({ step: step + 1, loss: step }))]);
  expect(lossCurve(folder)).toEqual([0.5, 3, 5.5, 8, 10.5, 13, 15.5, 18, 20.5, 23]);
  logged([{ loss: 3 }, { loss: 4 }]);
  expect(lossCurve(folder)).toEqual([3, 4]);
});

test("trained numbers are counted by AdamW's first moments in the last checkpoint", () => {
  mkdirSync(join(folder, "checkpoints", "step-2"), { recursive: true });
  writeFileSync(join(folder, "checkpoints", "last"), "step-2\n");
  const tensor = (...shape: number[]) => ({ dtype: "F32" as const, shape, data: new Float32Array(shape.reduce((product, length) => product * length, 1)) });
  const tensors = { "encoder.norm.weight.exp_avg": tensor(4), "encoder.norm.weight.exp_avg_sq": tensor(4), "head.exp_avg": tensor(2, 3), "teacher.head": tensor(2, 3) };
  writeFileSync(join(folder, "checkpoints", "step-2", "training.safetensors"), encodeSafetensors(tensors));
  expect(trainedParameters(folder)).toBe(10);
});
