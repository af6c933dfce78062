import { describe, expect, it } from "vitest";
import { drawSignals, type Figure } from "../src/index.js";
import { thinnedPoints } from "../src/thinned-points.js";
import { rasterOf, wordsIn } from "./read-figure.js";

const steps = Array.from({ length: 21 }, (_, look) => 10 * look);
const series = (valueAt: (step: number) => number, at: readonly number[] = steps) => at.map((step) => ({ step, value: valueAt(step) }));

const dino = {
  loss: series((step) => 8.32 + Math.exp(-step / 20)),
  uninformedLoss: series(() => Math.log(4096), [0]),
  embeddingDeviation: series((step) => 1 - step / 250),
  rankMe: series((step) => 30 - step / 10),
  studentEntropy: series((step) => 1 - 0.1 * Math.exp(-step / 20)),
  teacherEntropy: series((step) => 1 - 0.3 * Math.exp(-step / 20)),
  "updateRatio/patch_embed": series((step) => 1e-3 / (1 + step)),
  "updateRatio/blocks.0": series((step) => 2e-3 / (1 + step)),
  gradientNorm: series((step) => 1 + step),
  teacherMomentum: series(() => 0.996),
  viewAgreement: series(() => 0.9),
  learningRate: series((step) => 1e-3 - step * 1e-6),
  somethingElse: series(() => 1),
};
const diagnosed = { series: dino, marks: [{ step: 50, name: "uniform-output" }], highlighted: ["uninformedLoss", "studentEntropy"], title: "t" };

/** Panels that stand out have the color of alarm as their border. */
const highlightedIn = ({ svg }: Figure): number => svg.match(/fill="#FFF5EC"/g)?.length ?? 0;
const linesIn = ({ svg }: Figure): string[] => [...svg.matchAll(/<path aria-label="step: [^"]*" role="graphics-symbol" aria-roledescription="line mark"[^>]*>/g)].map(([element]) => element);
/** Height of each corner of a line. */
const heightsOf = (path: string): number[] => [...path.matchAll(/[ML][-\d.e]+,([-\d.e]+)/g)].map(([, y]) => Number(y));

describe("drawSignals", () => {
  it("is well-formed, of the size that it tells, and the same bytes again", async () => {
    const hostile = `</text><script>alert("1")</script>`;
    const figure = await drawSignals({ ...diagnosed, title: hostile, caption: hostile, marks: [{ step: 5, name: hostile }] });
    const { width, height } = await rasterOf(figure);
    expect([width, height]).toEqual([figure.width, figure.height]);
    expect(figure.svg).not.toContain("<script");
    expect((await drawSignals(diagnosed)).svg).toBe((await drawSignals(diagnosed)).svg);
  });

  it("has a panel for what there is, at most eight, with the highlighted ones in color and the failure named in them", async () => {
    const figure = await drawSignals(diagnosed);
    const words = wordsIn(figure);
    const panels = ["loss", "spread of the embeddings (1: even, 0: one point)", "dimensions in use (RankMe)", "entropy of a row (÷ ln K)", "update ÷ weight, of a step", "gradient norm", "momentum of the teacher", "another view is nearer than another image"];
    expect(words).toEqual(expect.arrayContaining(panels));
    // The ninth, and what no panel shows.
    expect(words).not.toContain("learning rate");
    expect(figure.svg).not.toContain("somethingElse");
    expect(highlightedIn(figure)).toBe(2);
    // Each is written twice: its halo, and it.
    expect(words.filter((word) => word === "uniform-output")).toHaveLength(2 * 2);
    expect(figure.svg.match(/aria-label="step: 50" role="graphics-symbol" aria-roledescription="rule mark"/g)).toHaveLength(8);
  });

  it("says what is in color where anything is, and nothing of color otherwise", async () => {
    const words = async (more: object): Promise<string> => wordsIn(await drawSignals({ ...diagnosed, caption: "64 images", highlightedAs: "what tells of it", ...more })).join(" ");
    expect(await words({})).toContain("64 images; in color: what tells of it");
    // Of the data set alone; and measured in other runs.
    for (const highlighted of [["images"], ["imageContrast"]]) {
      expect(await words({ highlighted })).toContain("64 images");
      expect(await words({ highlighted })).not.toContain("in color");
    }
  });

  it("makes room for a panel that is highlighted, be it the last", async () => {
    const words = wordsIn(await drawSignals({ ...diagnosed, highlighted: ["learningRate"] }));
    expect(words).toContain("learning rate");
    expect(words).not.toContain("another view is nearer than another image");
  });

  it("draws the loss of knowing nothing across the whole panel, though it was measured once", async () => {
    const { svg } = await drawSignals({ series: { loss: dino.loss, uninformedLoss: dino.uninformedLoss }, title: "t" });
    const [reference, loss] = linesIn({ svg, width: 0, height: 0 });
    expect(reference).toContain('stroke-dasharray="4,4"');
    const ends = (path: string): number[] => [...path.matchAll(/[ML]([-\d.e]+),/g)].map(([, x]) => Number(x));
    expect([Math.min(...ends(reference!)), Math.max(...ends(reference!))]).toEqual([Math.min(...ends(loss!)), Math.max(...ends(loss!))]);
    expect(new Set(heightsOf(reference!)).size).toBe(1);
  });

  it("shows five parts of a family, those of the evidence among them, blocks in the order of their numbers", async () => {
    const parts = ["head", "encoder", ...Array.from({ length: 12 }, (_, block) => `blocks.${11 - block}`), "patch_embed"];
    const many = Object.fromEntries(parts.map((part, index) => [`gradientNorm/${part}`, series(() => 1 + index)]));
    const shown = (figure: Figure): string[] => wordsIn(figure).filter((word) => parts.includes(word));
    const plain = shown(await drawSignals({ series: many, title: "t" }));
    expect(plain).toHaveLength(5);
    expect(plain.slice(0, 3)).toEqual(["patch_embed", "blocks.3", "blocks.6"]);
    const asked = shown(await drawSignals({ series: many, highlighted: ["gradientNorm/blocks.7"], title: "t" }));
    expect(asked).toHaveLength(5);
    expect(asked).toContain("blocks.7");
  });

  it("takes a logarithmic axis where a spike would flatten all else, and leaves zeros out of one", async () => {
    const exploded = await drawSignals({ series: { loss: series((step) => (step < 150 ? 3 - step / 100 : 1e7)) }, title: "t" });
    const heights = heightsOf(linesIn(exploded)[0]!);
    // Before it exploded the loss halved: on a linear axis these differ by a millionth of a pixel.
    expect(heights[14]! - heights[0]!).toBeGreaterThan(2);
    const frozen = await drawSignals({ series: { updateRatio: series((step) => (step < 100 ? 1e-3 : 0)) }, title: "t" });
    expect(heightsOf(linesIn(frozen)[0]!)).toHaveLength(10);
    const never = await drawSignals({ series: { updateRatio: series(() => 0) }, title: "t" });
    expect(heightsOf(linesIn(never)[0]!)).toHaveLength(21);
  });

  it("draws a run of one step, and what ended it where it did, later", async () => {
    const figure = await drawSignals({ series: { loss: series(() => 2, [1]) }, marks: [{ step: 40, name: "not-finite" }], title: "t" });
    expect(figure.svg).toContain('aria-label="step: 40" role="graphics-symbol" aria-roledescription="rule mark"');
    expect(wordsIn(figure)).toContain("not-finite");
  });

  it.each([
    [{}, "expected a signal that a panel shows (loss, embeddingDeviation, …), received nothing."],
    [{ other: series(() => 1), uninformedLoss: series(() => 8) }, "received other, uninformedLoss."],
    [{ loss: [{ step: 1, value: Number.NaN }] }, "series: expected finite numbers, received NaN."],
  ])("refuses %j", async (given, message) => {
    await expect(drawSignals({ series: given, title: "t" })).rejects.toThrow(message);
  });
});

describe("thinnedPoints", () => {
  it("keeps the ends and every spike, in the order of the steps", () => {
    const points = series((step) => (step === 777 ? 50 : step === 1234 ? -50 : Math.sin(step)), Array.from({ length: 5000 }, (_, step) => step));
    const kept = thinnedPoints(points, 400);
    expect(kept.length).toBeLessThanOrEqual(402);
    expect(kept.map(({ step }) => step)).toEqual(kept.map(({ step }) => step).toSorted((a, b) => a - b));
    expect([kept[0]!.step, kept.at(-1)!.step]).toEqual([0, 4999]);
    expect([Math.max(...kept.map(({ value }) => value)), Math.min(...kept.map(({ value }) => value))]).toEqual([50, -50]);
    expect(thinnedPoints(points.slice(0, 400), 400)).toHaveLength(400);
  });
});
