import { describe, expect, test } from "vitest";
import { evaluateKnn, type FeatureSet, linearProbe, protocolDifferences, protocolKey } from "../src/index.js";
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

describe("what data it was", () => {
  const rows = [[1, 0], [0, 1], [1, 1]];
  const labels = [0, 1, 1];
  const digests = ["a", "b", "c"];
  const protocolOf = (train: Partial<FeatureSet>, test: Partial<FeatureSet> = train) =>
    evaluateKnn({ train: featureSetOf(rows, labels, train), test: featureSetOf(rows, labels, test), k: 1 }).protocol;

  test("is told by a digest of the images and their classes in order", () => {
    const { trainDigest, testDigest } = protocolOf({ digests }, { digests: ["d", "e", "f"] });
    // By Python: hashlib.sha256(b"a\t0\nb\t1\nc\t1\n").hexdigest()[:16].
    expect(trainDigest).toBe("7b7cc8f9a3dfc711");
    expect(testDigest).toMatch(/^[0-9a-f]{16}$/);
    expect(testDigest).not.toBe(trainDigest);
    expect(protocolOf({ digests: ["b", "a", "c"] }).trainDigest).not.toBe(trainDigest);
    expect(protocolOf({ digests, labels: Int32Array.of(0, 1, 0) }).trainDigest).not.toBe(trainDigest);
  });

  test("counts in place of where it lay: other content there is another protocol, the same content elsewhere is not", () => {
    const protocol = protocolOf({ digests, location: "here" });
    expect(protocolDifferences(protocol, protocolOf({ digests, location: "there" }))).toEqual([]);
    expect(protocolDifferences(protocol, protocolOf({ digests, location: "here" }, { digests: ["x", "b", "c"], location: "here" }))).toEqual(["testDigest"]);
    // Without digests there is only the path; with one on one side, nobody knows.
    expect(protocolDifferences(protocolOf({ location: "here" }), protocolOf({ location: "there" }))).toEqual(["test", "train"]);
    expect(protocolDifferences(protocol, protocolOf({ location: "here" }))).toEqual(["testDigest", "trainDigest"]);
  });

  test("has no digest where a seed decides, whose numbers are averaged", () => {
    const drawn = protocolOf({ digests, drawSeed: 1 }, { digests });
    expect(drawn).not.toHaveProperty("trainDigest");
    expect(drawn).toHaveProperty("testDigest");
    expect(protocolDifferences(drawn, protocolOf({ digests: ["x", "y", "z"], drawSeed: 2 }, { digests }))).toEqual([]);
    const corruption = { name: "fog", severity: 1, scale: "cifar", seed: 0 } as const;
    expect(protocolOf({ digests }, { digests, corruption })).not.toHaveProperty("testDigest");
  });
});

test("protocolDifferences and protocolKey agree, whatever the order and the seeds", () => {
  const base = { kind: "knn", train: "a", trainDigest: "1", weightDecay: { heldOut: 0.2, seed: 0 }, seeds: [0, 1], drawSeed: 3, classifier: { test: "b", testDigest: "2" } };
  const same: object[] = [
    base,
    { drawSeed: 4, seeds: [2], weightDecay: { seed: 1, heldOut: 0.2 }, trainDigest: "1", train: "elsewhere", kind: "knn", classifier: { testDigest: "2", test: "c" } },
    { kind: "knn", train: "a", trainDigest: "1", weightDecay: { heldOut: 0.2 }, classifier: { testDigest: "2" }, block: undefined },
  ];
  for (const other of same) {
    expect(protocolDifferences(base, other)).toEqual([]);
    expect(protocolKey(other)).toBe(protocolKey(base));
  }
  const others: readonly (readonly [object, readonly string[]])[] = [
    [{ ...base, trainDigest: "2" }, ["trainDigest"]],
    [{ ...base, weightDecay: { heldOut: 0.3, seed: 0 } }, ["weightDecay"]],
    [{ ...base, classifier: { test: "b" } }, ["classifier"]],
    [{ ...base, trainDigest: undefined }, ["trainDigest"]],
    [{ ...base, train: "c", trainDigest: undefined }, ["train", "trainDigest"]],
  ];
  for (const [other, names] of others) {
    expect(protocolDifferences(base, other)).toEqual(names);
    expect(protocolKey(other)).not.toBe(protocolKey(base));
  }
});
