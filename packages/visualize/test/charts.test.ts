import { describe, expect, it } from "vitest";
import { drawAccuracyOverTraining, drawConfusionMatrix, drawFewShotCurves, drawKnnByK, type Figure } from "../src/index.js";
import { rasterOf, wordsIn } from "./read-figure.js";

const hostile = `</text><script>alert("1")</script>`;
const grid = [1, 5, 20].flatMap((k) => [0.2, 0.07].map((temperature) => ({ k, temperature, top1: 0.3 + k / 100 + temperature })));
const shots = [1, 5, 10].map((imagesPerClass) => ({ imagesPerClass, mean: 0.3 + imagesPerClass / 100, low: 0.25, high: 0.5 }));
const shares = [{ share: 0.01, imagesPerClass: 10, mean: 0.31, low: 0.3, high: 0.32 }, { share: 0.1, imagesPerClass: 100, mean: 0.5, low: 0.45, high: 0.55 }];
const matrix = [[8, 2, 0], [1, 9, 0], [0, 0, 0]];
const steps = [0, 100, 200].map((step) => ({ step, value: 0.2 + step / 1000 }));

const charts: Readonly<Record<string, (title: string) => Promise<Figure>>> = {
  knn: (title) => drawKnnByK({ results: grid, title }),
  confusion: (title) => drawConfusionMatrix({ matrix, classes: ["cat", "cat", hostile], title }),
  fewShot: (title) => drawFewShotCurves({ series: [{ name: "linear", shots, shares }, { name: hostile, shots }], title }),
  training: (title) => drawAccuracyOverTraining({ series: [{ name: "knnTop1", points: steps }, { name: "rankMe", quantity: "rankMe", points: steps }], title }),
};

/** The elements of a kind of mark. */
const marksOf = ({ svg }: Figure, label: string): string[] => [...svg.matchAll(new RegExp(`<path aria-label="[^"]*" role="graphics-symbol" aria-roledescription="${label}"[^>]*>`, "g"))].map(([element]) => element);

describe.each(Object.entries(charts))("%s", (_, draw) => {
  it("is well-formed, of the size that it tells, under its title, without a script", async () => {
    const figure = await draw(hostile);
    const { width, height } = await rasterOf(figure);
    expect([width, height]).toEqual([figure.width, figure.height]);
    expect(wordsIn(figure)).toContain(hostile);
    expect(figure.svg).not.toContain("<script");
  });

  it("is the same bytes again, also while others are drawn", async () => {
    const alone = (await draw("t")).svg;
    const [first, other, second] = await Promise.all([draw("t"), draw("u"), draw("t")]);
    expect([first.svg, second.svg]).toEqual([alone, alone]);
    expect(other.svg).not.toBe(alone);
  });
});

describe("drawKnnByK", () => {
  it("has a line a temperature, every k on a logarithmic axis, accuracy in %", async () => {
    const figure = await drawKnnByK({ results: grid, title: "t" });
    expect(wordsIn(figure)).toEqual(expect.arrayContaining(["1", "5", "20", "0.07", "0.2", "temperature", "top-1 accuracy (%)"]));
    expect(marksOf(figure, "line mark")).toHaveLength(2);
    const places = [...new Set(marksOf(figure, "point").map((mark) => Number(/translate\(([\d.]+)/.exec(mark)![1])))].sort((a, b) => a - b);
    expect(places).toHaveLength(3);
    expect((places[1]! - places[0]!) / (places[2]! - places[0]!)).toBeCloseTo(Math.log(5) / Math.log(20), 4);
    expect(figure.svg).toContain("k: 20; accuracy: 57; temperature: 0.07");
  });

  it("tells lines apart that coincide, draws intervals as bands, and chance where the classes are known", async () => {
    const same = grid.map((result) => ({ ...result, top1: 0.5, top1Interval: [0.45, 0.55] as const }));
    const figure = await drawKnnByK({ results: same, classes: 10, title: "t" });
    const attributes = (name: string, marks: string[]): (string | undefined)[] => marks.map((mark) => new RegExp(` ${name}="([^"]*)"`).exec(mark)?.[1]);
    const lines = marksOf(figure, "line mark");
    expect(new Set(attributes("stroke-dasharray", lines)).size).toBe(2);
    expect(new Set(attributes("stroke-width", lines)).size).toBe(2);
    for (const fill of attributes("fill", marksOf(figure, "point"))) expect([undefined, "none", "transparent"]).toContain(fill);
    expect(new Set(marksOf(figure, "point").map((mark) => / d="([^"]*)"/.exec(mark)![1])).size).toBe(2);
    expect(marksOf(figure, "area mark")).toHaveLength(2);
    expect(wordsIn(figure)).toContain("bands: 95 % confidence intervals; dashed grey: chance, 10 %");
    expect(figure.svg).toContain('aria-roledescription="rule mark"');
    await expect(drawKnnByK({ results: same, classes: 0, title: "t" })).rejects.toThrow("classes: expected a whole number above 0, received 0.");
  });

  it("draws one result, and refuses none and what is no number", async () => {
    expect(wordsIn(await drawKnnByK({ results: [grid[0]!], title: "t" }))).toContain("1");
    await expect(drawKnnByK({ results: [], title: "t" })).rejects.toThrow("results: expected something to draw, received nothing.");
    await expect(drawKnnByK({ results: [{ k: 1, temperature: 0.1, top1: Number.NaN }], title: "t" })).rejects.toThrow("results: expected finite numbers, received NaN.");
  });
});

describe("drawConfusionMatrix", () => {
  it("colors shares of the true class, writes counts, tells the accuracy, and keeps equal names apart", async () => {
    const figure = await drawConfusionMatrix({ matrix, classes: ["cat", "cat", "dog"], title: "t" });
    const texts = wordsIn(figure);
    expect(texts).toEqual(expect.arrayContaining(["cat", "cat (2)", "dog", "true class", "predicted class", "85.00 % of 20 images on the diagonal"]));
    // Zeros are left out.
    for (const count of ["8", "2", "1", "9"]) expect(texts.filter((text) => text === count)).toHaveLength(1);
    // matplotlib's viridis at 80, 20 and 0 %; the class without images has no cells.
    const fills = marksOf(figure, "rect mark").map((mark) => /fill="([^"]+)"/.exec(mark)![1]!);
    expect(fills.slice(0, 3)).toEqual(["rgb(122, 209, 81)", "rgb(65, 68, 135)", "rgb(68, 1, 84)"]);
    expect(fills).toHaveLength(6);
  });

  it("draws above 20 classes the colors alone, above 60 without names", async () => {
    const square = (count: number): Promise<Figure> =>
      drawConfusionMatrix({ matrix: Array.from({ length: count }, (_, row) => Array.from({ length: count }, (__, column) => (row === column ? 7777 : 0))), classes: Array.from({ length: count }, (_, index) => `c${index}`), title: "t" });
    expect(wordsIn(await square(20))).toContain("7,777");
    const [thirty, hundred] = [wordsIn(await square(30)), wordsIn(await square(100))];
    expect(thirty).not.toContain("7,777");
    expect(thirty.filter((text) => text === "c29")).toHaveLength(2);
    expect(hundred).not.toContain("c29");
  });

  it.each([
    [{ matrix: [[1, 2]], classes: ["a"] }, "matrix: expected [1, 1], one row and column a class, received rows of 2 in 1."],
    [{ matrix: [], classes: [] }, "classes: expected at least one, received none."],
    [{ matrix: [[-1]], classes: ["a"] }, "matrix: expected counts of images, received -1."],
  ])("refuses %j", async (options, message) => {
    await expect(drawConfusionMatrix({ ...options, title: "t" })).rejects.toThrow(message);
  });
});

describe("drawFewShotCurves", () => {
  it("has a line and a band for each series", async () => {
    const figure = await drawFewShotCurves({ series: [{ name: "linear", shots }, { name: "k-NN", shots }], title: "t" });
    expect([marksOf(figure, "line mark").length, marksOf(figure, "area mark").length, marksOf(figure, "point").length]).toEqual([2, 2, 6]);
    expect(wordsIn(figure)).toEqual(expect.arrayContaining(["linear", "k-NN", "labelled images a class", "bands: 95 % confidence intervals"]));
  });

  it("draws shares as marks of their own, out of the line, where a number of shots has as many images too", async () => {
    const figure = await drawFewShotCurves({ series: [{ name: "linear", shots, shares }], title: "t" });
    const [line] = marksOf(figure, "line mark");
    // Three places, each once: no vertical stroke.
    const places = [...line!.matchAll(/[ML]([\d.]+),/g)].map(([, at]) => Number(at));
    expect(new Set(places).size).toBe(3);
    expect([marksOf(figure, "point").length, figure.svg.match(/aria-roledescription="rule mark"/g)?.length]).toEqual([5, 2]);
    expect(wordsIn(figure)).toEqual(expect.arrayContaining(["linear", "linear, share", "1 %", "10 %", "100"]));
    expect(wordsIn(await drawFewShotCurves({ series: [{ name: "linear", shots: [], shares }], title: "t" }))).toContain("10 %");
    await expect(drawFewShotCurves({ series: [], title: "t" })).rejects.toThrow("series: expected something to draw, received nothing.");
  });
});

describe("titles", () => {
  it.each(["a path/without-a-space/".repeat(40), "many words ".repeat(60)])("widen no chart: %s", async (title) => {
    const [short, long] = [await drawKnnByK({ results: grid, title: "t" }), await drawKnnByK({ results: grid, title })];
    expect(long.width).toBe(short.width);
    expect(wordsIn(long).join("")).toContain("…");
    expect(long.height).toBeGreaterThan(short.height);
  });

  it("are whole on two lines where they are a little longer than the chart", async () => {
    const title = `k-NN on a set ${"with a name ".repeat(5)}of its own`;
    expect(wordsIn(await drawKnnByK({ results: grid, title })).join(" ").replaceAll(/\s+/g, " ")).toContain(title);
  });
});

describe("drawAccuracyOverTraining", () => {
  it("draws accuracies in % together, and any other quantity as it is in a panel of its own", async () => {
    const figure = await charts["training"]!("t");
    expect(wordsIn(figure)).toEqual(expect.arrayContaining(["accuracy (%)", "knnTop1", "rankMe", "training step"]));
    expect(figure.svg).toContain("step: 200; value: 40; name: knnTop1");
    expect(figure.svg).toContain("step: 200; value: 0.4; name: rankMe");
    const two = await drawAccuracyOverTraining({ series: [{ name: "knnTop1", points: steps }, { name: "linearTop1", points: steps }], title: "t" });
    expect(wordsIn(two).filter((text) => text === "training step")).toHaveLength(1);
    expect(marksOf(two, "line mark")).toHaveLength(2);
  });
});
