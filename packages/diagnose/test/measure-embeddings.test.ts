import { type Float, ShapeError } from "@ssl-vit/core";
import { rankMe } from "@ssl-vit/spectrum";
import { expectNoLeaks } from "@ssl-vit/testing";
import { concat, fill, zeros } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { measureEmbeddings } from "../src/measure-embeddings.js";
import { measureFeatures } from "../src/measure-features.js";
import { asTensor, cosineOf, meanOf, normalizedDeviation, type PlainRows, plainRows } from "./plain-numbers.js";

const images = 7;
const dim = 5;
const base = plainRows("base", images, dim, 0.4);
const near = (name: string, distance: number): PlainRows =>
  plainRows(name, images, dim).map((row, image) => row.map((value, index) => Math.fround(base[image]![index]! + distance * value)));
const views = [base, near("second", 0.5), near("third", 2)];
const tensors = (rows: readonly PlainRows[]): Float<"B D">[] => rows.map((one) => asTensor(one));
/** All orders of two different numbers below `count`. */
const pairs = (count: number): readonly (readonly [number, number])[] =>
  Array.from({ length: count }, (_, first) => Array.from({ length: count }, (_, second) => [first, second] as const)).flat().filter(([first, second]) => first !== second);

/** What the documentation says, literally. */
function agreementOf(rows: readonly PlainRows[]): number {
  const contests = pairs(rows.length).flatMap(([first, second]) =>
    pairs(images).map(([image, other]) => {
      const anchor = rows[first]![image]!;
      return Math.sign(cosineOf(anchor, rows[second]![image]!) - cosineOf(anchor, rows[second]![other]!)) / 2 + 0.5;
    }),
  );
  return meanOf(contests);
}

describe("measureEmbeddings", () => {
  const signals = measureEmbeddings({ embeddings: tensors(views), targets: tensors([views[1]!, views[2]!]) });

  test("has deviation, ranks and cosines of all rows, within 1e-5 of float64", () => {
    expect(signals["embeddingDeviation"]).toBeAllClose(normalizedDeviation(views.flat()), { relative: 1e-5 });
    const rank = rankMe(concat(tensors(views))).dataSync()[0]!;
    expect(signals["rankMe"]).toBe(rank);
    expect(signals["rankShare"]).toBe(rank / dim);
    expect(signals["meanCosine"]).toBeAllClose(meanOf(views.flatMap((view) => pairs(images).map(([a, b]) => cosineOf(view[a]!, view[b]!)))), { absolute: 1e-7 });
    const same = pairs(views.length).flatMap(([a, b]) => base.map((_, image) => cosineOf(views[a]![image]!, views[b]![image]!)));
    expect(signals["viewCosine"]).toBeAllClose(meanOf(same), { absolute: 1e-7 });
  });

  test("has the probability that the views of an image are nearer to each other than to others", () => {
    expect(signals["viewAgreement"]).toBeCloseTo(agreementOf(views), 12);
    expect(signals["viewAgreement"]).toBeGreaterThan(0.6);
    // The second view is that of the next image.
    const shifted = [...base.slice(1), base[0]!];
    expect(measureEmbeddings({ embeddings: tensors([base, shifted]) })["viewAgreement"]).toBeCloseTo(agreementOf([base, shifted]), 12);
    expect(measureEmbeddings({ embeddings: tensors([base, base]) })["viewAgreement"]).toBe(1);
    expect(measureEmbeddings({ embeddings: [fill([images, dim], 3), fill([images, dim], 3)] })["viewAgreement"]).toBe(0.5);
  });

  test("has deviation and cosines of the targets", () => {
    expect(signals["targetDeviation"]).toBeAllClose(normalizedDeviation([...views[1]!, ...views[2]!]), { relative: 1e-5 });
    const cosines = views.flatMap((said) => [views[1]!, views[2]!].flatMap((wanted) => base.map((_, image) => cosineOf(said[image]!, wanted[image]!))));
    expect(signals["targetCosine"]).toBeAllClose(meanOf(cosines), { absolute: 1e-7 });
  });

  test("compares no targets of another width, and says nothing of values that are no numbers", () => {
    const narrow = measureEmbeddings({ embeddings: tensors([base]), targets: tensors([plainRows("narrow", images, 3)]) });
    expect(narrow).not.toHaveProperty("targetCosine");
    expect(narrow["targetDeviation"]).toBeGreaterThan(0.5);
    expect(measureEmbeddings({ embeddings: [fill([3, 2], Number.NaN)] })).toEqual({});
    expect(measureEmbeddings({})).toEqual({});
  });

  test("looks at two views of 64 images", () => {
    const many = ["a", "b", "c"].map((name) => plainRows(name, 80, dim));
    const seen = many.slice(0, 2).map((rows) => rows.slice(0, 64));
    const found = measureEmbeddings({ embeddings: tensors(many) });
    expect(found).toEqual(measureEmbeddings({ embeddings: tensors(seen) }));
    expect(found["rankShare"]).toBeGreaterThan(0.9);
  });

  test("refuses views of different shapes", () => {
    expect(() => measureEmbeddings({ embeddings: [zeros([3, 2]), zeros([3, 4])] })).toThrow(ShapeError);
  });

  test("leaves no tensor behind, thrown or not", async () => {
    const wide = tensors(views);
    const narrow: Float<"B D"> = zeros([images, 2]);
    await expectNoLeaks(() => {
      measureEmbeddings({ embeddings: wide, targets: wide });
      expect(() => measureEmbeddings({ embeddings: [...wide, narrow] })).toThrow(ShapeError);
    });
  });
});

describe("measureFeatures", () => {
  const first: Float<"B D"> = asTensor(base);
  const second: Float<"B D"> = asTensor(views[1]!);

  test("has deviation, ranks and the cosine of different images", () => {
    const { signals } = measureFeatures(first, undefined);
    expect(signals["featureDeviation"]).toBeAllClose(normalizedDeviation(base), { relative: 1e-5 });
    expect(signals["featureRankMe"]).toBe(rankMe(first).dataSync()[0]!);
    expect(signals["featureRankShare"]).toBe(signals["featureRankMe"]! / dim);
    expect(signals["featureMeanCosine"]).toBeAllClose(meanOf(pairs(images).map(([a, b]) => cosineOf(base[a]!, base[b]!))), { absolute: 1e-7 });
    expect(signals).not.toHaveProperty("featureShift");
  });

  test("has how far features moved since the last look", () => {
    const { features } = measureFeatures(first, undefined);
    const expected = meanOf(base.map((row, image) => 1 - cosineOf(row, views[1]![image]!)));
    expect(measureFeatures(second, features).signals["featureShift"]).toBeAllClose(expected, { absolute: 1e-7 });
    expect(measureFeatures(first, features).signals["featureShift"]).toBeCloseTo(0, 12);
    expect(measureFeatures(zeros([images + 1, dim]), features).signals).not.toHaveProperty("featureShift");
  });

  test("says nothing of values that are no numbers, and leaves no tensor behind", async () => {
    expect(measureFeatures(fill([3, 2], Infinity), undefined)).toEqual({ signals: {}, features: undefined });
    await expectNoLeaks(() => measureFeatures(first, undefined));
  });
});
