import { expect, test } from "vitest";
import { evaluateKnn, linearProbe, protocolDifferences } from "../src/index.js";
import { featureSetOf } from "./feature-set-of.js";

test("protocolDifferences names what makes two numbers incomparable", () => {
  const train = featureSetOf([[1, 0], [0, 1], [1, 1]], [0, 1, 1]);
  const knn = evaluateKnn({ train, test: train, k: 1 }).protocol;
  expect(protocolDifferences(knn, evaluateKnn({ train, test: train, k: 1 }).protocol)).toEqual([]);
  const views = { ...train.views, normalize: { mean: [0], std: [1] } };
  const other = { ...train, views };
  expect(protocolDifferences(knn, evaluateKnn({ train: other, test: other, k: 2 }).protocol)).toEqual(["k", "views"]);
  expect(protocolDifferences(knn, linearProbe({ train, test: train }).protocol)).toEqual([
    "classifier",
    "distance",
    "k",
    "kind",
    "standardized",
    "temperature",
    "weightDecay",
  ]);
});
