import { describe, expect, it } from "vitest";
import { drawScores } from "../src/index.js";

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

  it.each([
    [{ ...options, scores: [] }, "scores"],
    [{ ...options, scores: [{ name: "a", series: "k-NN", value: NaN }] }, "scores"],
    [{ ...options, baselines: [{ name: "b", series: "other", value: 1 }] }, "baselines: expected series of the scores (k-NN, linear), received other."],
    [{ ...options, reference: Infinity }, "reference: expected finite numbers, received Infinity."],
  ])("refuses what cannot be drawn", async (wrong, message) => {
    await expect(drawScores(wrong)).rejects.toThrow(message);
  });
});
