import { describe, expect, it } from "vitest";
import { comparableGroups, protocolKey } from "../src/index.js";

const protocol = { kind: "knn", k: 20, views: { normalize: { mean: [0.5] } }, drawSeed: 0 };

describe("comparableGroups", () => {
  it("puts together what was measured alike but for seeds, whatever the order of the fields", () => {
    const scores = [
      { scores: { top1: 0.5 }, protocol },
      { scores: { top1: 0.6 }, protocol: { drawSeed: 1, views: { normalize: { mean: [0.5] } }, k: 20, kind: "knn" } },
      { scores: { top1: 0.7 }, protocol: { ...protocol, k: 10 } },
      { scores: { top1: 0.7 }, protocol: { ...protocol, weightDecay: { seed: 4, heldOut: 0.2 } } },
      { scores: { top1: 0.8 }, protocol: { ...protocol, weightDecay: { seed: 5, heldOut: 0.2 } } },
    ];
    expect(comparableGroups(scores).map((group) => group.scores.map(({ scores: { top1 } }) => top1))).toEqual([[0.5, 0.6], [0.7], [0.7, 0.8]]);
  });

  it("tells apart what differs deep inside", () => {
    expect(protocolKey(protocol)).not.toBe(protocolKey({ ...protocol, views: { normalize: { mean: [0.4] } } }));
  });
});
