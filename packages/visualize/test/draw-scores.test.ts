import { describe, expect, it } from "vitest";
import { drawScores } from "../src/index.js";
import { textWidth } from "../src/svg-text.js";

const options = {
  scores: [
    { name: "simclr", series: "k-NN", value: 36.2, interval: [35.1, 37.3] as const },
    { name: "simclr", series: "linear", value: 41.3, interval: [40, 42.6] as const },
    { name: "mae", series: "k-NN", value: 33.8 },
    { name: "mae", series: "linear", value: 39.7 },
  ],
  baselines: [{ name: "untrained", series: "k-NN", value: 27 }, { name: "untrained", series: "linear", value: 33 }],
  axis: "top-1 accuracy (%)",
  title: "Features",
};

describe("drawScores", () => {
  it("draws a row for each name, an interval where there is one, and a line for each baseline", async () => {
    const { svg, width, height } = await drawScores(options);
    for (const word of ["simclr", "mae", "k-NN", "linear", "untrained", "top-1 accuracy (%)", "Features"]) expect(svg).toContain(word);
    expect(svg.match(/aria-roledescription="rule"|class="mark-rule/g)!.length).toBeGreaterThanOrEqual(3);
    expect(width).toBeGreaterThan(500);
    expect(height).toBeGreaterThan(60);
    expect((await drawScores(options)).svg).toBe(svg);
  });

  it("sees differences against one value, which is always there", async () => {
    const differences = { ...options, scores: options.scores.map((score) => ({ name: score.name, series: score.series, value: score.value })), baselines: [] };
    expect((await drawScores(differences)).svg).not.toContain('stroke="#666"');
    const { svg } = await drawScores({ ...differences, reference: 0 });
    expect(svg.match(/stroke="#666" stroke-width="1.5"/g)).toHaveLength(1);
    expect(svg).toContain(">0</text>");
  });

  it("draws what was before as an open mark in the row of its value, and has room for it", async () => {
    const openMarks = (svg: string) => [...svg.matchAll(/<path [^>]*transform="translate\(([\d.]+),([\d.]+)\)" d="[^"]*" stroke="(#\w+)"[^>]*stroke-width="1.5"/g)].map(([, x, y, stroke]) => ({ x: Number(x), y: Number(y), stroke }));
    expect(openMarks((await drawScores(options)).svg)).toEqual([]);
    const [first, ...others] = options.scores;
    const marks = async (before: number) => openMarks((await drawScores({ ...options, scores: [{ ...first!, before }, ...others] })).svg);
    const [[near], [far]] = [await marks(35), await marks(30)];
    expect(far!.x).toBeLessThan(near!.x);
    expect(far!.y).toBe(near!.y);
    expect((await marks(2))[0]!.x).toBeGreaterThanOrEqual(0);
    await expect(marks(Number.NaN)).rejects.toThrow("scores");
  });

  it.each([
    ["far apart", [27, 33]],
    ["near to each other", [33.96, 34.05, 35.2, 36.1, 25.6, 28.3]],
    ["equal", [33, 33, 33]],
    ["at the ends", [10, 10.1, 60, 59.9]],
  ])("writes names of baselines above the rows, where neither another name nor a line is: %s", async (_, values) => {
    const words = ["untrained", "with labels", "pixels"];
    const baselines = values.map((value, index) => ({ name: words[index % words.length]!, series: index % 2 === 0 ? "k-NN" : "linear", value }));
    const { svg, width } = await drawScores({ ...options, baselines });
    const lines = [...svg.matchAll(/<line [^>]* transform="translate\(([\d.]+),(-\d+)\)" x2="0" [^>]*stroke-dasharray/g)].map(([, x, top]) => ({ x: Number(x), top: Number(top) }));
    const names = [...svg.matchAll(/<text [^>]*text-anchor="end" transform="translate\(([\d.]+),(-[\d.]+)\)"[^>]* font-size="11px"[^>]*>([^<]+)</g)].map(([, x, y, text]) => ({ begin: Number(x) - textWidth(text!, 11), end: Number(x), baseline: Number(y), text }));
    expect(names.map(({ text }) => text)).toEqual(baselines.map(({ name }) => name));
    expect(lines).toHaveLength(values.length);
    for (const [index, name] of names.entries()) {
      expect(name.baseline).toBeLessThan(0);
      expect(lines[index]!.x - name.end).toBeLessThan(5);
      expect(lines[index]!.top).toBeLessThan(name.baseline - 8);
      for (const line of lines) expect(line.top < name.baseline && line.x > name.begin && line.x < name.end).toBe(false);
      for (const other of names.slice(index + 1)) expect(Math.abs(other.baseline - name.baseline) < 13 && other.begin < name.end && name.begin < other.end).toBe(false);
    }
    // The picture ends with the legend, as it does without them.
    expect(width).toBe((await drawScores({ ...options, baselines: values.map((value) => ({ name: "-", series: "k-NN", value })) })).width);
  });

  it.each([
    [{ ...options, scores: [] }, "scores"],
    [{ ...options, scores: [{ name: "a", series: "k-NN", value: NaN }] }, "scores"],
    [{ ...options, baselines: [{ name: "b", series: "other", value: 1 }] }, "baselines: expected series of the scores (k-NN, linear), received other."],
    [{ ...options, reference: Infinity }, "reference: expected finite numbers, received Infinity."],
  ])("refuses what cannot be drawn", async (wrong, message) => {
    await expect(drawScores(wrong)).rejects.toThrow(message);
  });
});
