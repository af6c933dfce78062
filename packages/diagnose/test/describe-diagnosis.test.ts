import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { allSeries, changeAsFlags, describeDiagnosis, diagnose, diagnosisPages, signalSeries } from "@ssl-vit/diagnose";
import { thresholds } from "../src/thresholds.js";
import { syntheticRun } from "./synthetic-run.js";

const packageFolder = fileURLToPath(new URL("..", import.meta.url));

describe("describeDiagnosis", () => {
  it("is a paragraph: what, how sure, since when, the numbers, why, and what to do", () => {
    const run = syntheticRun({ signals: () => ({ teacherTemperature: 0.3, teacherEntropy: 0.97 }), facts: { options: { teacherTemperature: 0.3 } } });
    const [found] = diagnose(run);
    const text = describeDiagnosis(found!);
    expect(text).not.toContain("\n");
    expect(text).toMatch(/^A temperature is too high \(temperature-too-high, \d\d % sure, since step 0\)\. /);
    expect(text).toContain("teacher's temperature: 0.3");
    expect(text).toContain("student's temperature: 0.1");
    expect(text).toContain(found!.explanation);
    expect(text).toContain("--set method.teacherTemperature=0.04");
  });

  it("shows a loss and ln K apart", () => {
    const diagnosis = { name: "uniform-output", title: "T", confidence: 0.9, step: 5, evidence: { lossMean: 8.3177, uninformedLoss: 8.31801 }, explanation: "E.", advice: "A." };
    expect(describeDiagnosis(diagnosis)).toBe("T (uniform-output, 90 % sure, since step 5). Evidence: mean loss: 8.3177; loss of a uniform output: 8.318. E. A.");
  });
});

describe("diagnosisPages", () => {
  it("names a page for each, which is there and begins with its title", () => {
    expect(Object.keys(diagnosisPages)).toHaveLength(26);
    for (const { title, page } of Object.values(diagnosisPages)) {
      expect(existsSync(`${packageFolder}${page}`), page).toBe(true);
      expect(readFileSync(`${packageFolder}${page}`, "utf8").startsWith(`# ${title}\n`), page).toBe(true);
    }
  });
});

describe("docs", () => {
  const pages = Object.values(diagnosisPages).map(({ page }) => [page, readFileSync(`${packageFolder}${page}`, "utf8")] as const);

  it.each(pages)("%s says the thresholds that are used, has its picture or says why not, and links to pages that are there", (page, text) => {
    const said = [...text.matchAll(/`(\w+)\.(\w+)` = ([\d.e-]+)/g)];
    for (const [, section, name, number] of said) {
      const ofSection = (thresholds as Readonly<Record<string, unknown>>)[section!] as Readonly<Record<string, unknown>> | undefined;
      const limit = ofSection?.[name!];
      const at = typeof limit === "object" ? (limit as { readonly at: number }).at : limit;
      expect(at, `${section}.${name}`).toBe(Number(number!.replace(/\.$/, "")));
    }
    const picture = /\]\((pictures\/[^)]+)\)/.exec(text)?.[1];
    if (picture !== undefined) {
      expect(picture).toBe(`pictures/${page.slice("docs/".length, -".md".length)}.svg`);
      expect(existsSync(`${packageFolder}docs/${picture}`), picture).toBe(true);
    } else {
      expect(text).toContain("**No picture.**");
    }
    for (const [, link] of text.matchAll(/\]\(([\w-]+\.md)\)/g)) expect(existsSync(`${packageFolder}docs/${link}`), link).toBe(true);
  });

  it("say most thresholds somewhere", () => {
    const said = new Set(pages.flatMap(([, text]) => [...text.matchAll(/`(\w+\.\w+)` = /g)].map(([, name]) => name)));
    expect(said.size).toBeGreaterThan(40);
  });
});

describe("signalSeries", () => {
  it("finds signals, the trainer's numbers, metrics and evaluations, by step", () => {
    const run = {
      ...syntheticRun(),
      logged: [
        { step: 20, loss: 2, metrics: { kl: 5 }, signals: { rankMe: 9 } },
        { step: 10, loss: 3, signals: { rankMe: NaN } },
        { step: 10, loss: 4 },
        { step: 20, evaluation: { knnTop1: 0.5 } },
      ],
    };
    expect(signalSeries(run, "loss")).toEqual([{ step: 10, value: 4 }, { step: 20, value: 2 }]);
    expect(signalSeries(run, "rankMe")).toEqual([{ step: 20, value: 9 }]);
    expect(signalSeries(run, "metrics/kl")).toEqual([{ step: 20, value: 5 }]);
    expect(signalSeries(run, "evaluation/knnTop1")).toEqual([{ step: 20, value: 0.5 }]);
    expect(signalSeries(run, "nothing")).toEqual([]);
    expect([...allSeries(run)]).toEqual([...allSeries(run).keys()].map((name) => [name, signalSeries(run, name)]));
    expect([...allSeries(run).keys()].sort()).toEqual(["evaluation/knnTop1", "loss", "metrics/kl", "rankMe"]);
  });
});

describe("changeAsFlags", () => {
  it("is what the command line takes, quoted for a shell where it must be", () => {
    const flags = (option: string, to: unknown): string => changeAsFlags({ option, from: undefined, to });
    expect(flags("learningRate", 5e-4)).toBe("--learning-rate 0.0005");
    expect(flags("precision", "float32")).toBe("--precision float32");
    expect(flags("method.teacherTemperature", 0.04)).toBe("--set method.teacherTemperature=0.04");
    expect(flags("optimizer.groups", [{ match: "a." }])).toBe(`--set optimizer.groups='[{"match":"a."}]'`);
  });
});
