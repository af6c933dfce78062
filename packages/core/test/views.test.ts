import { describe, expect, it } from "vitest";
import { assertViews, type BatchPlan, ConfigError, type EncoderLayout, localSide, planBatch, singleProcess, type ViewPolicy } from "../src/index.js";

const planOf = (views: Readonly<Record<string, number>>, images = 2): BatchPlan => ({ images, processes: 1, views });

describe("assertViews", () => {
  it("takes the views that a method asks for; none of a name is as good as zero", () => {
    assertViews("toy", planOf({ global: 2, local: 1 }), { global: 2, local: 1 });
    assertViews("toy", planOf({ global: 2 }), { global: 2, local: 0 });
    for (const local of [0, 1, 6]) assertViews("toy", planOf({ global: 2, local }), { global: 2, local: "any" });
  });

  it.each([
    [{ global: 1 }, "[@ssl-vit/toy] views of an image: expected 2 global, received 1 global."],
    [{ global: 3 }, "expected 2 global, received 3 global."],
    [{ global: 1, local: 1 }, "expected 2 global, received 1 global and 1 local."],
    [{ global: 2, thumbnail: 1 }, "expected 2 global, received 2 global and 1 thumbnail."],
    [{}, "expected 2 global, received none."],
  ])("refuses %j", (views, message) => {
    expect(() => { assertViews("toy", planOf(views), { global: 2, local: 0 }); }).toThrow(message);
    expect(() => { assertViews("toy", planOf(views), { global: 2 }); }).toThrow(ConfigError);
  });

  it("says where any number is right", () => {
    expect(() => { assertViews("toy", planOf({ global: 1 }), { global: 2, local: "any" }); }).toThrow("expected 2 global and any number of local, received 1 global.");
  });

  it("refuses fewer images than the method needs", () => {
    expect(() => { assertViews("toy", planOf({ global: 2 }, 1), { global: 2 }); }).toThrow("[@ssl-vit/toy] batchSize: expected at least 2 images, received 1.");
    expect(() => { assertViews("toy", planOf({ global: 2 }, 3), { global: 2 }, 4); }).toThrow("expected at least 4 images, received 3.");
    assertViews("toy", planOf({ global: 1 }, 1), { global: 1 }, 1);
  });
});

it("planBatch counts views by name, and the images of all processes", () => {
  const group = (name: string, count: number): ViewPolicy["groups"][number] => ({ name, count, size: 8, operations: [] });
  const policy: ViewPolicy = { groups: [group("global", 1), group("global", 1), group("local", 6)], normalize: { mean: [0], std: [1] } };
  expect(planBatch(policy, 4, { ...singleProcess, size: 2 })).toEqual({ images: 8, processes: 2, views: { global: 2, local: 6 } });
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
