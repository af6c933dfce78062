import { ConfigError, type Float, ShapeError } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { tensor1d, tensor3d, zeros } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { updateCenter, type UpdateCenterOptions } from "../src/index.js";
import { describeGolden } from "./golden-suite.js";

describeGolden("updateCenter", ([center, teacher], options: UpdateCenterOptions) => updateCenter(center as Float<"K">, teacher as Float<"V B K">, options));

describe("updateCenter", () => {
  const center = tensor1d([1, 2]);
  const teacher = tensor3d([[[3, 4]], [[5, 8]]]);

  it("keeps the center at momentum 1 and forgets it at 0", () => {
    expect([...updateCenter(center, teacher, { momentum: 1 }).dataSync()]).toEqual([1, 2]);
    expect([...updateCenter(center, teacher, { momentum: 0 }).dataSync()]).toEqual([4, 6]);
  });

  it("refuses other numbers of prototypes and a momentum outside [0, 1]", () => {
    expect(() => updateCenter(zeros([3]), teacher, { momentum: 0.9 })).toThrow(ShapeError);
    for (const momentum of [-0.1, 1.1, NaN]) expect(() => updateCenter(center, teacher, { momentum })).toThrow(ConfigError);
  });

  it("leaves no tensor behind", async () => {
    await expectNoLeaks(() => { updateCenter(center, teacher, { momentum: 0.9 }).dispose(); });
  });
});
