import { describe, expect, it } from "vitest";
import { assertViews, ConfigError, createRandom, type EncoderLayout, localSide, singleProcess, type StepContext, type ViewBatch } from "../src/index.js";

const context: StepContext = {
  training: true,
  random: createRandom(0),
  collective: singleProcess,
  progress: { step: 0, totalSteps: 1, epoch: 0, totalEpochs: 1 },
};
const batchOf = (...names: string[]): ViewBatch => ({ size: 2, views: names.map((name) => ({ name, images: undefined as never })), indices: new Int32Array(1) });

describe("assertViews", () => {
  it("takes the views that a method compares, in any order", () => {
    assertViews("toy", batchOf("global", "local", "global"), context, { global: 2, local: 1 });
    assertViews("toy", batchOf("global", "global"), context, { global: 2, local: 0 });
  });

  it.each([
    [["global"], "[@ssl-vit/toy] views of an image: expected 2 global, received 1 global."],
    [["global", "global", "global"], "expected 2 global, received 3 global."],
    [["global", "global", "thumbnail"], "expected 2 global, received 2 global and 1 thumbnail."],
    [[], "expected 2 global, received none."],
  ])("refuses %j", (names, message) => {
    expect(() => { assertViews("toy", batchOf(...names), context, { global: 2, local: 0 }); }).toThrow(message);
    expect(() => { assertViews("toy", batchOf(...names), context, { global: 2 }); }).toThrow(ConfigError);
  });
});

it("refuses one image, unless other processes have more", () => {
  const batch = { ...batchOf("global", "global"), size: 1 };
  expect(() => { assertViews("toy", batch, context, { global: 2 }); }).toThrow("[@ssl-vit/toy] batchSize: expected at least 2 images, received 1.");
  assertViews("toy", batch, { ...context, collective: { ...singleProcess, size: 2 } }, { global: 2 });
});

describe("localSide", () => {
  const layout = (patchSize: number): EncoderLayout => ({ patchSize }) as EncoderLayout;

  it("is whole patches, at least one", () => {
    expect(localSide(layout(16), 224, 96 / 224)).toBe(96);
    expect(localSide(layout(14), 224, 96 / 224)).toBe(98);
    expect(localSide(layout(4), 32, 96 / 224)).toBe(12);
    expect(localSide(layout(8), 8, 0.1)).toBe(8);
  });
});
