import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { diagnose, type RunSignals } from "@ssl-vit/diagnose";
import { describe, expect, it } from "vitest";
import { pretrainCommand } from "../src/commands/pretrain.js";

const folder = fileURLToPath(new URL("../../diagnose/", import.meta.url));
const flags = new Set(pretrainCommand().options.map(({ long }) => long));
/** Of other commands of ssl-vit, where a text names the command. */
const ofOtherCommands = new Set(["--checkpoint"]);

const flagsIn = (text: string): readonly string[] => [...text.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([flag]) => flag);

const normalize = { mean: [0.5], std: [0.25] };

/** A run of 20 looks that measured the same numbers at each. */
const runOf = (signals: Readonly<Record<string, number>>, changes: { readonly images?: number; readonly options?: Readonly<Record<string, unknown>>; readonly precision?: string; readonly failure?: string } = {}): RunSignals => ({
  facts: {
    method: { name: "any", options: changes.options ?? {} },
    encoder: {},
    views: { groups: [], normalize },
    optimizer: { name: "adamw", learningRate: 1e-3, weightDecay: 0.05 },
    data: { images: changes.images ?? 5000 },
    batchSize: 50,
    accumulate: 1,
  },
  totalSteps: 400,
  precision: changes.precision ?? "float32",
  logged: [
    ...Array.from({ length: 20 }, (_, look) => ({ step: look * 10, loss: 5, learningRate: 1e-3, signals })),
    ...(changes.failure === undefined ? [] : [{ step: 191, failure: { message: "no number", what: changes.failure } }]),
  ],
});

const illRuns: readonly RunSignals[] = [
  runOf({ dataWait: 0.9 }),
  runOf({}, { images: 100 }),
  runOf({ updateRatio: 0.4 }),
  runOf({ updateRatio: 1e-9 }),
  runOf({ "gradientNorm/patch_embed": 90, "gradientNorm/blocks.0": 1 }),
  runOf({ embeddingDeviation: 0.001, targetDeviation: 0.001 }),
  runOf({ maskedShare: 0.97, patchErrorShare: 1, patchVarianceShare: 0 }, { options: { maskRatio: 0.97 } }),
  runOf({ teacherTemperature: 0.3, studentTemperature: 0.1 }, { options: { teacherTemperature: 0.3 } }),
  runOf({ pixelViewDifference: 0 }, { options: { cropScale: [1, 1] } }),
  runOf({ viewAgreement: 0.5 }, { options: { globalScale: [0.01, 0.02] } }),
  runOf({}, { precision: "bfloat16", failure: "loss" }),
];

describe("what a diagnosis advises", () => {
  it.each(readdirSync(`${folder}docs`).filter((name) => name.endsWith(".md")))("%s names flags that pretrain has", (name) => {
    for (const flag of flagsIn(readFileSync(`${folder}docs/${name}`, "utf8"))) if (!ofOtherCommands.has(flag)) expect(flags).toContain(flag);
  });

  it("is flags that pretrain has", () => {
    const advised = illRuns.map((run) => diagnose(run).map(({ advice }) => advice).join(" "));
    for (const [place, advice] of advised.entries()) {
      expect(advice, `run ${place}`).not.toBe("");
      for (const flag of flagsIn(advice)) expect(flags).toContain(flag);
    }
    expect(new Set(advised.flatMap(flagsIn)).size).toBeGreaterThan(4);
  });
});
