import { describe, expect, it } from "vitest";
import { categoryStyle, DISTINCT_CATEGORIES } from "../src/category-styles.js";
import { drawEmbeddingMap, type Figure } from "../src/index.js";
import { rasterOf, wordsIn } from "./read-figure.js";

const points = Float32Array.of(0, 0, 10, 0, 10, 5, 0, 5);
const hostile = "<a> & </text>";

/** Places and fills of the drawn points. */
const drawn = ({ svg }: Figure): { readonly x: number; readonly y: number; readonly fill: string }[] =>
  [...svg.matchAll(/aria-roledescription="point" transform="translate\(([\d.]+),([\d.]+)\)" d="[^"]*" fill="([^"]+)"/g)].map(([, x, y, fill]) => ({ x: Number(x), y: Number(y), fill: fill! }));

describe("drawEmbeddingMap", () => {
  it("draws a point an image in its class's color and at one scale, the second axis upwards, with a legend of the classes that occur", async () => {
    const figure = await drawEmbeddingMap({ points, labels: [0, 0, 2, -1], classes: ["cat", "dog", hostile], title: "t", kind: "UMAP", caption: "c" });
    await rasterOf(figure);
    const texts = wordsIn(figure);
    expect(texts).toEqual(expect.arrayContaining(["t", "c", "cat", hostile, "no label", "UMAP 1", "UMAP 2"]));
    expect(texts).not.toContain("dog");
    const places = drawn(figure).sort((a, b) => a.x - b.x || b.y - a.y);
    expect(places.map(({ fill }) => fill)).toEqual([categoryStyle(0).color, "#bbbbbb", categoryStyle(0).color, categoryStyle(2).color]);
    expect((places[2]!.x - places[0]!.x) / (places[0]!.y - places[1]!.y)).toBeCloseTo(2, 5);
  });

  it("draws images without labels alike, without a legend", async () => {
    for (const labels of [{}, { labels: [-1, -1, -1, -1] }]) {
      const figure = await drawEmbeddingMap({ points, ...labels, title: "t", kind: "t-SNE" });
      expect(new Set(drawn(figure).map(({ fill }) => fill)).size).toBe(1);
      expect(wordsIn(figure)).toEqual(expect.not.arrayContaining(["no label"]));
    }
  });

  it("gives the same bytes again, and draws points that all lie together", async () => {
    const draw = (): Promise<string> => drawEmbeddingMap({ points: new Float32Array(8), labels: [0, 1, 2, 3], title: "t", kind: "PCA" }).then(({ svg }) => svg);
    expect(await draw()).toBe(await draw());
  });

  it("has 56 classes of which no two look alike, and tells of more", async () => {
    const styles = Array.from({ length: DISTINCT_CATEGORIES }, (_, index) => JSON.stringify(categoryStyle(index)));
    expect([DISTINCT_CATEGORIES, new Set(styles).size]).toEqual([56, 56]);
    const labels = Array.from({ length: 60 }, (_, index) => index);
    const many = await drawEmbeddingMap({ points: Float32Array.from({ length: 120 }, (_, index) => (index * 7) % 13), labels, title: "t", kind: "UMAP" });
    expect(wordsIn(many)).toEqual(expect.arrayContaining(["of 60 classes some look alike", "class 59"]));
  });

  it.each([
    [{ points: new Float32Array(0) }, "points: expected rows of 2 values, received 0 values."],
    [{ points: Float32Array.of(1, Number.NaN) }, "points: expected finite numbers, received NaN in row 0."],
    [{ points, labels: [0] }, "labels: expected 4, one a point, received 1."],
    [{ points, labels: [0, 1, 2, 3], classes: ["a"] }, "labels: expected whole numbers below 1, or -1, received 1."],
  ])("refuses %j", async (options, message) => {
    await expect(drawEmbeddingMap({ ...options, title: "t", kind: "UMAP" })).rejects.toThrow(message);
  });
});
