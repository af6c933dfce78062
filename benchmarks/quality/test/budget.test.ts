import { expect, test } from "vitest";
import { budgetOf } from "../budget.js";

const method = {
  name: "a-method",
  defaults: { freezeLastLayerEpochs: 1, temperature: 0.1, queueStartEpoch: 15, epochsOfNothing: 3 },
  preset: {
    ...{ description: "", model: {}, imageSize: 32, batchSize: 64, epochs: 10 },
    method: { queueStartEpoch: 2 },
    optimizer: { name: "adamw" as const, learningRate: 1e-3, warmupEpochs: 1, weightDecay: 0 },
  },
};

test("every method sees the same images, and what its preset counts in epochs keeps its share", () => {
  // 640 images are 10 steps an epoch: 200 steps are 20 epochs, twice the preset's.
  expect(budgetOf(method, { imagesSeen: 12_800, dataset: 640 })).toEqual({
    steps: 200,
    imagesSeen: 12_800,
    assignments: ["optimizer.warmupEpochs=2", "method.freezeLastLayerEpochs=2", "method.queueStartEpoch=4"],
  });
  expect(budgetOf(method, { imagesSeen: 6400, dataset: 64_063 })).toMatchObject({ steps: 100, assignments: ["optimizer.warmupEpochs=0.01", "method.freezeLastLayerEpochs=0.01", "method.queueStartEpoch=0.02"] });
});

test("a budget that is no multiple of the batch is rounded; at least one step", () => {
  expect(budgetOf(method, { imagesSeen: 1000, dataset: 640 })).toMatchObject({ steps: 16, imagesSeen: 1024 });
  expect(budgetOf(method, { imagesSeen: 1, dataset: 640 })).toMatchObject({ steps: 1, imagesSeen: 64 });
});

test("data that are less than a step are refused", () => {
  expect(() => budgetOf(method, { imagesSeen: 1000, dataset: 63 })).toThrow("[quality] --data: expected at least the 64 images of a step of a-method, received 63.");
});
