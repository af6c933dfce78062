import type { Float, ScoredAlternatives } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { fill, tensor2d, zeros } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { measureAlternatives } from "../src/measure-alternatives.js";
import { asTensor, columnDeviation, entropyOf, meanOf, plainRows, type PlainRows, softmaxOf } from "./plain-numbers.js";

const count = 6;
const scores = { student: plainRows("student", 9, count), teacher: plainRows("teacher", 9, count, 0.3) };
const probabilitiesOf = (rows: PlainRows, temperature: number): PlainRows => rows.map((row) => softmaxOf(row, temperature));
const scored = (rows: PlainRows, temperature: number, kind: ScoredAlternatives["kind"] = "prototypes"): ScoredAlternatives => ({
  kind,
  scores: asTensor(rows),
  temperature,
  probabilities: asTensor(probabilitiesOf(rows, temperature)),
});

describe("measureAlternatives", () => {
  const student = scored(scores.student, 0.5);
  const teacher = scored(scores.teacher, 0.2);
  const signals = measureAlternatives({ student, teacher });
  const said = probabilitiesOf(scores.student, 0.5);
  const wanted = probabilitiesOf(scores.teacher, 0.2);
  const meanRow = (rows: PlainRows): readonly number[] => rows[0]!.map((_, column) => meanOf(rows.map((row) => row[column]!)));

  test("has entropies, usage, spread and temperatures of both, within 1e-5 of float64", () => {
    expect(signals["alternatives"]).toBe(count);
    for (const [name, rows, probabilities] of [["student", scores.student, said], ["teacher", scores.teacher, wanted]] as const) {
      expect(signals[`${name}Entropy`]).toBeAllClose(meanOf(probabilities.map(entropyOf)) / Math.log(count), { relative: 1e-5 });
      expect(signals[`${name}Usage`]).toBeAllClose(Math.exp(entropyOf(meanRow(probabilities))), { relative: 1e-5 });
      expect(signals[name === "student" ? "scoreSpread" : "teacherScoreSpread"]).toBeAllClose(columnDeviation(rows, 0), { relative: 1e-5 });
    }
    expect([signals["studentTemperature"], signals["teacherTemperature"]]).toEqual([0.5, 0.2]);
  });

  test("splits the cross-entropy into the teacher's entropy and the divergence, in nats", () => {
    const cross = meanOf(wanted.map((row, index) => -row.reduce((sum, share, column) => sum + share * Math.log(said[index]![column]!), 0)));
    expect(signals["teacherCrossEntropy"]).toBeAllClose(cross, { relative: 1e-5 });
    expect(signals["teacherKl"]).toBeAllClose(cross - meanOf(wanted.map(entropyOf)), { absolute: 1e-5 });
    expect(measureAlternatives({ student, teacher: student })["teacherKl"]).toBeCloseTo(0, 5);
  });

  test("knows uniform rows, and rows that all take one alternative", () => {
    const uniform: ScoredAlternatives = { kind: "prototypes", scores: zeros([4, count]), temperature: 1, probabilities: fill([4, count], 1 / count) };
    expect(measureAlternatives({ student: uniform })).toMatchObject({ scoreSpread: 0 });
    expect(measureAlternatives({ student: uniform })["studentEntropy"]).toBeCloseTo(1, 5);
    expect(measureAlternatives({ student: uniform })["studentUsage"]).toBeCloseTo(count, 4);
    const one: Float<"R K"> = tensor2d([[0, 1, 0], [0, 1, 0]]);
    const taken = measureAlternatives({ teacher: { kind: "prototypes", scores: one, temperature: 1, probabilities: one } });
    expect(taken).toEqual({ alternatives: 3, teacherEntropy: expect.closeTo(0, 12) as number, teacherUsage: 1, teacherScoreSpread: 0, teacherTemperature: 1 });
  });

  test("has the share of images that find their own, of one view or two, and none of prototypes", () => {
    const found: PlainRows = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0], [5, 1, 2], [5, 1, 2]];
    expect(measureAlternatives({ student: scored(found, 1, "images") })["choiceShare"]).toBe(4 / 6);
    expect(measureAlternatives({ student: scored(found.slice(0, 3), 1, "images") })["choiceShare"]).toBe(1);
    expect(signals).not.toHaveProperty("choiceShare");
  });

  test("compares nothing of different shapes", () => {
    const fewer = scored(scores.teacher.slice(1), 0.2);
    expect(measureAlternatives({ student, teacher: fewer })).not.toHaveProperty("teacherKl");
    expect(measureAlternatives({ student, teacher: fewer })["teacherEntropy"]).toBeGreaterThan(0);
    expect(measureAlternatives({})).toEqual({});
  });

  test("leaves no tensor behind", async () => {
    await expectNoLeaks(() => measureAlternatives({ student, teacher }));
  });
});
